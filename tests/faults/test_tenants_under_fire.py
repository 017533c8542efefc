"""200 tenants on eight connections that are cancelled and killed: nobody sees or writes another's.

The role that calls owns nothing. `PGREPO_SCOPED_CALLS` says how many calls there are of each
flavour; 100000 is the long form.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest

from pgrepo.domains.audiotricks import AsyncAudiotricks, Audiotricks
from pgrepo.domains.mindia import AsyncMindia, Mindia
from tests.conftest import fresh_database
from tests.faults import tenant_scripts, user_scripts
from tests.faults.scoped_calls import OWNER, login, owner_id
from tests.faults.scoped_drivers import Fire, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pytest_postgresql.executors import NoopExecutor

    from tests.bouncer import PgBouncer

    from .table import Record

pytestmark = pytest.mark.fault(12)

CALLS = int(os.environ.get("PGREPO_SCOPED_CALLS", "1500"))
LOGIN = "pgrepo_test_fire"
STILL = [owner_id(n) for n in range(tenant_scripts.ACTIVE + 1, tenant_scripts.TENANTS + 1)]
TABLES: tuple[LiteralString, ...] = (
    "users", "images", "videos", "audios", "documents", "embeddings", "request_logs", "webhooks",
    "webhook_events", "tasks",
)  # fmt: skip
SILENT = [owner_id(n) for n in range(user_scripts.ACTIVE + 1, user_scripts.USERS + 1)]
OF_USERS = {
    "users": "id",
    "sessions": "user_id",
    "user_settings": "user_id",
    "audio_history": "user_id",
    "audit_log": "user_id",
}
PARTITIONS = """
SELECT inhrelid::regclass::text
FROM pg_inherits INNER JOIN pg_class ON pg_class.oid = inhrelid
WHERE relnamespace = %s::regnamespace AND relkind = 'r'
"""


def place(owner_url: str, url: str, schema: str, setting: str) -> Place:
    """A database, seen by its owner and by a role that owns nothing."""
    with psycopg.connect(owner_url) as connection:
        partitions = tuple(row[0] for row in connection.execute(PARTITIONS, (schema,)))
    assert len(partitions) >= 4
    return Place(url, LOGIN, owner_url, f"{schema}_app", f"{schema}.{setting}", partitions)


@pytest.fixture
def mindia_place(mindia_url: str) -> Iterator[Place]:
    """200 tenants, for a role that may become mindia_app."""
    with psycopg.connect(mindia_url, autocommit=True) as connection:
        connection.execute((Path(__file__).parent / "tenants.sql").read_bytes())
    with login(mindia_url, LOGIN, ("mindia_app",), inherit=True) as url:
        yield place(mindia_url, url, "mindia", "tenant_id")


def run(fire: Fire, domains: tuple[type[Any], type[Any]], flavour: str, record: Record) -> None:
    """Runs until there were enough calls, and looks at what was counted."""
    if flavour == "tasks":
        fire.run_tasks(domains[0])
    else:
        fire.run_threads(domains[1])
    tally, chaos = fire.tally, fire.chaos
    print(
        f"{flavour}: {tally.calls.total()} calls, {tally.rows} rows, {chaos.cancelled} statements "
        f"cancelled, {chaos.killed} connections killed, {dict(tally.disturbed)}"
    )
    if tally.failures:
        raise tally.failures[0]
    assert tally.calls.total() >= tally.wanted
    assert chaos.killed > 0
    assert tally.disturbed
    record(operations=tally.calls.total())


def rows_of(owner_url: str, schema: str, table: str, key: str, owners: list[UUID]) -> list[Any]:
    """The rows of some owners, and which transaction wrote them where."""
    with psycopg.connect(owner_url) as connection:
        query = (
            f"SELECT t.xmin::text, t.tableoid, t.ctid::text, t::text FROM {schema}.{table} AS t "
            f"WHERE t.{key} = ANY (%s) ORDER BY 4"
        )
        return connection.execute(query.encode(), (owners,)).fetchall()


def strangers(owner_url: str, schema: str, table: str, key: str) -> tuple[int, int]:
    """How many rows there are, and how many name somebody else than whose they are."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE t::text ~ %s "
            f"AND replace(t::text, t.{key}::text, '') ~ %s) FROM {schema}.{table} AS t".encode(),
            (OWNER.pattern, OWNER.pattern),
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("flavour", ["tasks", "threads"])
def test_tenants(mindia_place: Place, record: Record, flavour: str) -> None:
    """Reads, writes, searches, claims and deletes, each as it should be; then look at every row."""
    assert_tenants_apart(mindia_place, flavour, record)


@pytest.mark.parametrize("flavour", ["tasks", "threads"])
def test_tenants_through_pgbouncer(
    mindia_place: Place, pgbouncer: PgBouncer, record: Record, flavour: str
) -> None:
    """The same where every transaction may run in another session, which others use as well."""
    url = pgbouncer.url(mindia_place.url)
    place = replace(mindia_place, url=url, connect={"prepare_threshold": None})
    with pgbouncer.supervised():
        assert_tenants_apart(place, flavour, record)


def assert_tenants_apart(mindia_place: Place, flavour: str, record: Record) -> None:
    """Runs, and finds every row as it should be."""
    owner_url = mindia_place.owner_url
    before = {table: rows_of(owner_url, "mindia", table, "tenant_id", STILL) for table in TABLES}
    assert all(len(rows) >= len(STILL) for rows in before.values())
    run(Fire(mindia_place, tenant_scripts.turn, CALLS), (AsyncMindia, Mindia), flavour, record)
    for table in TABLES:
        after = rows_of(owner_url, "mindia", table, "tenant_id", STILL)
        assert after == before[table], f"{table}: what belongs to others was written"
        count, wrong = strangers(owner_url, "mindia", table, "tenant_id")
        assert count > len(STILL)
        assert wrong == 0, f"{table}: rows that name another tenant"


@pytest.fixture
def audiotricks_place(server_url: str, audiotricks_noproc: NoopExecutor) -> Iterator[Place]:
    """Fifty users, for a role that may become the domain's three roles, and inherits nothing."""
    for owner_url in fresh_database(server_url, audiotricks_noproc):
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute((Path(__file__).parent / "users.sql").read_bytes())
        roles = tuple(f"audiotricks_{name}" for name in ("app", "auth", "operator"))
        with login(owner_url, LOGIN, roles, inherit=False) as url:
            yield place(owner_url, url, "audiotricks", "user_id")


@pytest.mark.parametrize("flavour", ["tasks", "threads"])
def test_users(audiotricks_place: Place, record: Record, flavour: str) -> None:
    """The same with users, and with scopes of more rights on the same connections."""
    owner_url = audiotricks_place.owner_url
    before = {
        table: rows_of(owner_url, "audiotricks", table, key, SILENT)
        for table, key in OF_USERS.items()
    }
    assert all(len(rows) >= len(SILENT) for rows in before.values())
    run(
        Fire(audiotricks_place, user_scripts.turn, CALLS // 4),
        (AsyncAudiotricks, Audiotricks),
        flavour,
        record,
    )
    for table, key in OF_USERS.items():
        after = rows_of(owner_url, "audiotricks", table, key, SILENT)
        assert after == before[table], f"{table}: what belongs to others was written"
        count, wrong = strangers(owner_url, "audiotricks", table, key)
        assert count > len(SILENT)
        assert wrong == 0, f"{table}: rows that name another user"
