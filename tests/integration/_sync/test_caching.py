# Derived from tests/integration/_async/test_caching.py by tools/async_to_sync.py: do not edit.
"""Cached queries of monumento: found again, and never older than what a writer was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection, sql

from pgrepo import (
    Database,
    MemoryCache,
    RedisCache,
    UniqueViolation,
)
from pgrepo.domains.monumento import Monumento

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.runtime._sync.cache import Cache

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("update_user", {"full_name": "Ada Lovelace"}),
    ("set_password_hash", {"password_hash": "y" * 60}),
    ("set_subscription_tier", {"subscription_tier": "legacy"}),
    ("set_stripe_customer", {"stripe_customer_id": "cus_1"}),
    ("soft_delete_user", {}),
]


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    """A cache of each kind, with nothing in it."""
    if request.param == "memory":
        yield MemoryCache()
        return
    server = request.getfixturevalue("redis_server")
    with RedisCache(server.url, prefix=f"{uuid4()}:") as cache:
        yield cache


@pytest.fixture
def database(monumento_url: str, cache: Cache) -> Iterator[Database]:
    """A database with a cache."""
    with Database(monumento_url, max_size=4, cache=cache) as database:
        yield database


@pytest.fixture
def monumento(database: Database) -> Monumento:
    """The domain on it."""
    return Monumento(database)


@pytest.fixture
def user_id(monumento: Monumento) -> UUID:
    """An account."""
    user = monumento.users.create_user(email="ada@example.org", password_hash="x" * 60)
    assert user is not None
    return user.id


def meddle(database: Database, column: str, value: str) -> None:
    """Changes all accounts behind pgrepo's back."""
    with database.connection() as connection:
        connection.execute(
            sql.SQL("UPDATE monumento.users SET {} = %s").format(sql.Identifier(column)), [value]
        )


def test_found_again(database: Database, monumento: Monumento, cache: Cache, user_id: UUID) -> None:
    """The second answer is the first one, whatever has happened in the table since."""
    first = monumento.users.user_profile(user_id=user_id)
    assert first is not None
    meddle(database, "full_name", "Somebody")
    again = monumento.users.user_profile(user_id=user_id)
    assert again == first
    assert again is not first
    assert again.created_at.tzinfo == UTC
    assert (cache.statistics.hits, cache.statistics.misses, cache.statistics.kept) == (1, 1, 1)


def test_none_is_an_answer(monumento: Monumento, cache: Cache) -> None:
    """That there is no such row is remembered, too."""
    for _ in range(2):
        assert monumento.users.user_profile(user_id=UUID(int=1)) is None
    assert cache.statistics.hits == 1


@pytest.mark.parametrize(("name", "arguments"), CHANGES, ids=[name for name, _ in CHANGES])
def test_every_write_is_seen(
    monumento: Monumento, user_id: UUID, name: str, arguments: dict[str, Any]
) -> None:
    """After a write to an account its profile is read anew."""
    before = monumento.users.user_profile(user_id=user_id)
    assert before is not None
    getattr(monumento.users, name)(user_id=user_id, **arguments)
    after = monumento.users.user_profile(user_id=user_id)
    if name == "soft_delete_user":
        assert after is None
        monumento.users.restore_user(user_id=user_id)
        assert monumento.users.user_profile(user_id=user_id) == before
    else:
        shown = {key: value for key, value in arguments.items() if hasattr(before, key)}
        assert after == replace(before, **shown)


def test_values(monumento: Monumento, user_id: UUID) -> None:
    """A query of one value, JSON at that, is kept like any other."""
    session = monumento.sessions.create_session(
        user_id=user_id, vibe="calm", mode="free", duration_minutes=5, metadata={"a": [1, None]}
    )
    assert session is not None
    for _ in range(2):
        found = monumento.sessions.session_metadata(session_id=session.id)
        assert found == {"a": [1, None]}
    monumento.sessions.merge_session_metadata(session_id=session.id, metadata={"b": 2.5})
    found = monumento.sessions.session_metadata(session_id=session.id)
    assert found == {"a": [1, None], "b": 2.5}


def test_transaction(monumento: Monumento, cache: Cache, user_id: UUID) -> None:
    """Inside, PostgreSQL is asked; outside, the write is seen once it is committed."""
    before = monumento.users.user_profile(user_id=user_id)
    assert before is not None
    with monumento.transaction() as transaction:
        with transaction.transaction() as inner:
            inner.users.update_user(user_id=user_id, full_name="Countess")
        seen = transaction.users.user_profile(user_id=user_id)
        assert seen is not None
        assert seen.full_name == "Countess"
        assert monumento.users.user_profile(user_id=user_id) == before
    after = monumento.users.user_profile(user_id=user_id)
    assert after == replace(before, full_name="Countess")
    assert cache.statistics.misses == 2


def test_connections_of_the_database(
    database: Database, monumento: Monumento, user_id: UUID
) -> None:
    """Writes on a connection that the database has lent are seen like any others."""
    with database.connection() as connection:
        monumento.users.user_profile(user_id=user_id)
        Monumento(connection).users.update_user(user_id=user_id, full_name="First")
        found = monumento.users.user_profile(user_id=user_id)
        assert found is not None
        assert found.full_name == "First"
    with database.transaction() as connection:
        Monumento(connection).users.update_user(user_id=user_id, full_name="Second")
    found = monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Second"
    with database.connection() as connection, connection.transaction():
        Monumento(connection).users.update_user(user_id=user_id, full_name="Third")
    found = monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Third"


def test_hosts_connection(monumento_url: str, monumento: Monumento, user_id: UUID) -> None:
    """On a connection of the host's nothing is answered from a cache."""
    monumento.users.user_profile(user_id=user_id)
    with Connection.connect(monumento_url) as connection:
        own = Monumento(connection)
        own.users.update_user(user_id=user_id, full_name="Countess")
        found = own.users.user_profile(user_id=user_id)
        assert found is not None
        assert found.full_name == "Countess"


def test_refused_write(monumento: Monumento, user_id: UUID) -> None:
    """A write that fails makes nobody wrong."""
    monumento.users.create_user(email="bob@example.org", password_hash="x" * 60)
    before = monumento.users.user_profile(user_id=user_id)
    with pytest.raises(UniqueViolation):
        monumento.users.update_user(user_id=user_id, email="bob@example.org")
    assert monumento.users.user_profile(user_id=user_id) == before


def test_a_slow_reader_brings_nothing_old_back(
    monumento: Monumento,
    cache: Cache,
    user_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read before a commit, and is handed in after it, is dropped."""
    hand_in = cache.hand_in

    def late(slot: str, way: str, lease: str, answer: bytes) -> bool:
        monumento.users.update_user(user_id=user_id, full_name="Countess")
        return hand_in(slot, way, lease, answer)

    with monkeypatch.context() as patch:
        patch.setattr(cache, "hand_in", late)
        old = monumento.users.user_profile(user_id=user_id)
    assert old is not None
    assert old.full_name is None
    assert cache.statistics.dropped == 1
    found = monumento.users.user_profile(user_id=user_id)
    assert found is not None
    assert found.full_name == "Countess"


def test_redis_away(monumento_url: str) -> None:
    """Without its Redis everything works, only slower."""
    with (
        RedisCache("redis://127.0.0.1:1/0") as cache,
        Database(monumento_url, cache=cache) as database,
    ):
        users = Monumento(database).users
        user = users.create_user(email="ada@example.org", password_hash="x" * 60)
        assert user is not None
        users.user_profile(user_id=user.id)
        users.update_user(user_id=user.id, full_name="Countess")
        found = users.user_profile(user_id=user.id)
        assert found is not None
        assert found.full_name == "Countess"
        assert cache.statistics.hits == 0
        assert cache.statistics.errors > 0


def test_batch(monumento: Monumento, user_id: UUID) -> None:
    """A batch asks PostgreSQL, and what it writes is seen afterwards."""
    before = monumento.users.user_profile(user_id=user_id)
    assert before is not None
    with monumento.batch() as batch:
        batch.add(monumento.users.update_user, user_id=user_id, full_name="Countess")
        seen = batch.add(monumento.users.user_profile, user_id=user_id)
    after = replace(before, full_name="Countess")
    assert seen.result() == after
    assert monumento.users.user_profile(user_id=user_id) == after
