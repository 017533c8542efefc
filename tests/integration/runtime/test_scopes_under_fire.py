"""Scopes on few connections that are cancelled and killed: no tenant sees or writes another's row.

`PGREPO_SCOPED_CALLS` says how many calls there are of each flavour.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrepo import AsyncDatabase, Database

from .._async.tenancy import AsyncTenancy  # noqa: TID252 - tests are no installed package
from .._sync.tenancy import Tenancy  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = int(os.environ.get("PGREPO_SCOPED_CALLS", "1500"))
TENANTS = [UUID(int=number) for number in range(1, 41)]
APP, LOGIN = "pgrepo_test_app", "pgrepo_test_login"


@pytest.fixture
def urls(database_url: str) -> Iterator[tuple[str, str]]:
    """The database for its owner, and for a role that owns nothing."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute((Path(__file__).parent / "tenancy.sql").read_bytes())
        try:
            yield database_url, make_conninfo(database_url, user=LOGIN, password="tenancy")
        finally:
            owner.execute(f"DROP OWNED BY {APP}, {LOGIN} CASCADE")
            owner.execute(f"DROP ROLE {LOGIN}, {APP}")


def kill_one(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """Ends one connection of the login role."""
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = %s AND datname = current_database() ORDER BY random() LIMIT 1",
        (LOGIN,),
    )


def assert_own_rows_only(owner_url: str) -> None:
    """Every row says whose it is, in a column that the scope sets and in its own text."""
    with psycopg.connect(owner_url) as owner:
        count = owner.execute(
            "SELECT count(*), count(*) FILTER (WHERE split_part(body, '.', 1) <> tenant_id::text) "
            "FROM tenancy.notes"
        ).fetchone()
    assert count is not None
    assert count[0] > 0
    assert count[1] == 0


async def test_tasks(urls: tuple[str, str]) -> None:
    """Tasks of many tenants on eight connections, with cancellations and kills."""
    owner_url, url = urls
    chance = random.Random(5)  # noqa: S311 - no secret
    done: Counter[str] = Counter()

    async def call(domain: AsyncTenancy, tenant: UUID) -> None:
        scoped = domain.for_tenant(tenant)
        match chance.randrange(6):
            case 0:
                await scoped.notes.add_note(body=str(tenant))
            case 1:
                with pytest.raises(psycopg.errors.DivisionByZero):
                    await scoped.notes.inverse(number=0)
            case 2:
                async with scoped.transaction() as tx:
                    note = await tx.notes.add_note(body=str(tenant))
                    assert note.tenant_id == tenant
                    assert {note.tenant_id for note in await tx.notes.notes()} == {tenant}
            case 3:
                assert await domain.notes.notes() == []
                assert (await domain.notes.who()).tenant == ""
            case _:
                rows = await scoped.notes.notes()
                assert {note.tenant_id for note in rows} <= {tenant}
        done["call"] += 1

    async def work(domain: AsyncTenancy) -> None:
        while sum(done.values()) < CALLS:
            inner = asyncio.create_task(call(domain, chance.choice(TENANTS)))
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random() * 0.01)
                inner.cancel()
            try:
                await inner
            except asyncio.CancelledError:
                done["cancelled"] += 1
            except psycopg.OperationalError:
                done["lost"] += 1

    with psycopg.connect(owner_url, autocommit=True) as owner:
        async with AsyncDatabase(url, max_size=8, timeout=60) as database:
            domain = AsyncTenancy(database)
            workers = [asyncio.create_task(work(domain)) for _ in range(16)]
            while not all(worker.done() for worker in workers):
                await asyncio.sleep(0.05)
                kill_one(owner)
            await asyncio.gather(*workers)
    assert done["call"] > CALLS / 4
    assert done["cancelled"] > 0
    assert_own_rows_only(owner_url)


def test_threads(urls: tuple[str, str]) -> None:
    """Threads of many tenants on eight connections, with kills."""
    owner_url, url = urls
    done: Counter[str] = Counter()
    failures: list[BaseException] = []

    def work(domain: Tenancy, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        try:
            while sum(done.values()) < CALLS and not failures:
                tenant = chance.choice(TENANTS)
                scoped = domain.for_tenant(tenant)
                try:
                    if chance.random() < 0.3:
                        scoped.notes.add_note(body=str(tenant))
                    elif chance.random() < 0.2:
                        assert domain.notes.notes() == []
                    else:
                        assert {note.tenant_id for note in scoped.notes.notes()} <= {tenant}
                    done["call"] += 1
                except psycopg.OperationalError:
                    done["lost"] += 1
        except BaseException as error:  # noqa: BLE001 - it is shown below
            failures.append(error)

    with (
        psycopg.connect(owner_url, autocommit=True) as owner,
        Database(url, max_size=8, timeout=60) as database,
    ):
        domain = Tenancy(database)
        threads = [threading.Thread(target=work, args=(domain, seed)) for seed in range(12)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.05)
            kill_one(owner)
        for thread in threads:
            thread.join()
    assert failures == []
    assert done["call"] > CALLS / 4
    assert_own_rows_only(owner_url)
