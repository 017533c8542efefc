"""Cached queries of monumento: found again, and never older than what a writer was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection, sql

from pgrepo import (
    AsyncDatabase,
    AsyncMemoryCache,
    AsyncRedisCache,
    UniqueViolation,
)
from pgrepo.domains.monumento import AsyncMonumento

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pgrepo.runtime._async.cache import AsyncCache

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("update_user", {"full_name": "Ada Lovelace"}),
    ("set_password_hash", {"password_hash": "y" * 60}),
    ("set_subscription_tier", {"subscription_tier": "legacy"}),
    ("set_stripe_customer", {"stripe_customer_id": "cus_1"}),
    ("soft_delete_user", {}),
]


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[AsyncCache]:
    """A cache of each kind, with nothing in it."""
    if request.param == "memory":
        yield AsyncMemoryCache()
        return
    server = request.getfixturevalue("redis_server")
    async with AsyncRedisCache(server.url, prefix=f"{uuid4()}:") as cache:
        yield cache


@pytest.fixture
async def database(monumento_url: str, cache: AsyncCache) -> AsyncIterator[AsyncDatabase]:
    """A database with a cache."""
    async with AsyncDatabase(monumento_url, max_size=4, cache=cache) as database:
        yield database


@pytest.fixture
def monumento(database: AsyncDatabase) -> AsyncMonumento:
    """The domain on it."""
    return AsyncMonumento(database)


@pytest.fixture
async def user_id(monumento: AsyncMonumento) -> UUID:
    """An account."""
    user = await monumento.users.create_user(email="ada@example.org", password_hash="x" * 60)
    assert user is not None
    return user.id


async def meddle(database: AsyncDatabase, column: str, value: str) -> None:
    """Changes all accounts behind pgrepo's back."""
    async with database.connection() as connection:
        await connection.execute(
            sql.SQL("UPDATE monumento.users SET {} = %s").format(sql.Identifier(column)), [value]
        )


async def test_found_again(
    database: AsyncDatabase, monumento: AsyncMonumento, cache: AsyncCache, user_id: UUID
) -> None:
    """The second answer is the first one, whatever has happened in the table since."""
    first = await monumento.users.user_profile(user_id=user_id)
    assert first is not None
    await meddle(database, "full_name", "Somebody")
    again = await monumento.users.user_profile(user_id=user_id)
    assert again == first
    assert again is not first
    assert again.created_at.tzinfo == UTC
    assert (cache.statistics.hits, cache.statistics.misses, cache.statistics.kept) == (1, 1, 1)


async def test_none_is_an_answer(monumento: AsyncMonumento, cache: AsyncCache) -> None:
    """That there is no such row is remembered, too."""
    for _ in range(2):
        assert await monumento.users.user_profile(user_id=UUID(int=1)) is None
    assert cache.statistics.hits == 1


@pytest.mark.parametrize(("name", "arguments"), CHANGES, ids=[name for name, _ in CHANGES])
async def test_every_write_is_seen(
    monumento: AsyncMonumento, user_id: UUID, name: str, arguments: dict[str, Any]
) -> None:
    """After a write to an account its profile is read anew."""
    before = await monumento.users.user_profile(user_id=user_id)
    assert before is not None
    await getattr(monumento.users, name)(user_id=user_id, **arguments)
    after = await monumento.users.user_profile(user_id=user_id)
    if name == "soft_delete_user":
        assert after is None
        await monumento.users.restore_user(user_id=user_id)
        assert await monumento.users.user_profile(user_id=user_id) == before
    else:
        shown = {key: value for key, value in arguments.items() if hasattr(before, key)}
        assert after == replace(before, **shown)


async def test_values(monumento: AsyncMonumento, user_id: UUID) -> None:
    """A query of one value, JSON at that, is kept like any other."""
    session = await monumento.sessions.create_session(
        user_id=user_id, vibe="calm", mode="free", duration_minutes=5, metadata={"a": [1, None]}
    )
    assert session is not None
    for _ in range(2):
        found = await monumento.sessions.session_metadata(session_id=session.id)
        assert found == {"a": [1, None]}
    await monumento.sessions.merge_session_metadata(session_id=session.id, metadata={"b": 2.5})
    found = await monumento.sessions.session_metadata(session_id=session.id)
    assert found == {"a": [1, None], "b": 2.5}


async def test_transaction(monumento: AsyncMonumento, cache: AsyncCache, user_id: UUID) -> None:
    """Inside, PostgreSQL is asked; outside, the write is seen once it is committed."""
    before = await monumento.users.user_profile(user_id=user_id)
    assert before is not None
    async with monumento.transaction() as transaction:
        async with transaction.transaction() as inner:
            await inner.users.update_user(user_id=user_id, full_name="Countess")
        seen = await transaction.users.user_profile(user_id=user_id)
        assert seen is not None
        assert seen.full_name == "Countess"
        assert await monumento.users.user_profile(user_id=user_id) == before
    after = await monumento.users.user_profile(user_id=user_id)
    assert after == replace(before, full_name="Countess")
    assert cache.statistics.misses == 2


async def test_connections_of_the_database(
    database: AsyncDatabase, monumento: AsyncMonumento, user_id: UUID
) -> None:
    """Writes on a connection that the database has lent are seen like any others."""
    async with database.connection() as connection:
        await monumento.users.user_profile(user_id=user_id)
        await AsyncMonumento(connection).users.update_user(user_id=user_id, full_name="First")
        found = await monumento.users.user_profile(user_id=user_id)
        assert found is not None
        assert found.full_name == "First"
    async with database.transaction() as connection:
        await AsyncMonumento(connection).users.update_user(user_id=user_id, full_name="Second")
    found = await monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Second"
    async with database.connection() as connection, connection.transaction():
        await AsyncMonumento(connection).users.update_user(user_id=user_id, full_name="Third")
    found = await monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Third"


async def test_hosts_connection(
    monumento_url: str, monumento: AsyncMonumento, user_id: UUID
) -> None:
    """On a connection of the host's nothing is answered from a cache."""
    await monumento.users.user_profile(user_id=user_id)
    async with await AsyncConnection.connect(monumento_url) as connection:
        own = AsyncMonumento(connection)
        await own.users.update_user(user_id=user_id, full_name="Countess")
        found = await own.users.user_profile(user_id=user_id)
        assert found is not None
        assert found.full_name == "Countess"


async def test_refused_write(monumento: AsyncMonumento, user_id: UUID) -> None:
    """A write that fails makes nobody wrong."""
    await monumento.users.create_user(email="bob@example.org", password_hash="x" * 60)
    before = await monumento.users.user_profile(user_id=user_id)
    with pytest.raises(UniqueViolation):
        await monumento.users.update_user(user_id=user_id, email="bob@example.org")
    assert await monumento.users.user_profile(user_id=user_id) == before


async def test_a_slow_reader_brings_nothing_old_back(
    monumento: AsyncMonumento,
    cache: AsyncCache,
    user_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read before a commit, and is handed in after it, is dropped."""
    hand_in = cache.hand_in

    async def late(slot: str, way: str, lease: str, answer: bytes) -> bool:
        await monumento.users.update_user(user_id=user_id, full_name="Countess")
        return await hand_in(slot, way, lease, answer)

    with monkeypatch.context() as patch:
        patch.setattr(cache, "hand_in", late)
        old = await monumento.users.user_profile(user_id=user_id)
    assert old is not None
    assert old.full_name is None
    assert cache.statistics.dropped == 1
    found = await monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Countess"


async def test_redis_away(monumento_url: str) -> None:
    """Without its Redis everything works, only slower."""
    async with (
        AsyncRedisCache("redis://127.0.0.1:1/0") as cache,
        AsyncDatabase(monumento_url, cache=cache) as database,
    ):
        users = AsyncMonumento(database).users
        user = await users.create_user(email="ada@example.org", password_hash="x" * 60)
        assert user is not None
        await users.user_profile(user_id=user.id)
        await users.update_user(user_id=user.id, full_name="Countess")
        found = await users.user_profile(user_id=user.id)
        assert found is not None
        assert found.full_name == "Countess"
        assert cache.statistics.hits == 0
        assert cache.statistics.errors > 0


async def test_batch(monumento: AsyncMonumento, user_id: UUID) -> None:
    """A batch asks PostgreSQL, and what it writes is seen afterwards."""
    before = await monumento.users.user_profile(user_id=user_id)
    assert before is not None
    async with monumento.batch() as batch:
        batch.add(monumento.users.update_user, user_id=user_id, full_name="Countess")
        seen = batch.add(monumento.users.user_profile, user_id=user_id)
    after = replace(before, full_name="Countess")
    assert seen.result() == after
    assert await monumento.users.user_profile(user_id=user_id) == after
