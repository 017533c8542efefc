"""What comes back, on every way to the server."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.adapt import Loader
from psycopg.pq import Format

from pgrepo.runtime._async import wire
from tests.integration._async.test_parameters import ROUND_TRIPS

from .questions import BACKEND, DIRECT, EVERY, ITEMS, NUMBERS, ask, assert_clean, prepared

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic


_NAMES = {"fast": "_pgrepo_", "cursors": "_pg3_"}


@EVERY
async def test_path_is_taken(connection: AsyncConnection[Any], path: str) -> None:
    """A query is prepared once, under a name that tells which way it went, or not at all."""
    for _ in range(3):
        assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    sessions = {row for _ in range(4) for row in await wire.fetch(connection, BACKEND, ())}
    names = await prepared(connection)
    if path in {"fast", "cursors"}:
        assert len(sessions) == 1
        assert len(names) == 2
        assert all(name.startswith(_NAMES[path]) for name in names)
    else:
        assert len(sessions) == 2
        # Those that PgBouncer hands on, it names itself.
        assert bool(names) is (path == "prepared")


@EVERY
async def test_every_type(connection: AsyncConnection[Any]) -> None:
    """Values of every type, and NULL of every type, come back as they went."""
    for type_name, value in ROUND_TRIPS:
        query = ask("SELECT $1, $1, 7", type_name)
        assert await wire.fetch(connection, query, (value,)) == [(value, value, 7)], type_name
        assert await wire.fetch(connection, query, (None,)) == [(None, None, 7)], type_name


@EVERY
async def test_type_that_the_connection_meets_first(connection: AsyncConnection[Any]) -> None:
    """An enum is read by the first call, the next ones, and in another query."""
    query = ask("SELECT $1::mood, 5", "")
    for label in ("good", "bad", None):
        assert await wire.fetch(connection, query, (label,)) == [(label, 5)]
    other = ask("SELECT ARRAY[$1::mood]", "")
    assert await wire.fetch(connection, other, ("good",)) == [(["good"],)]


@EVERY
async def test_sizes(connection: AsyncConnection[Any]) -> None:
    """No row, no column, and 100,000 rows."""
    assert await wire.fetch(connection, NUMBERS, (0,)) == []
    assert await wire.fetch(connection, ask("SELECT FROM items"), ()) == [(), ()]
    rows = await wire.fetch(connection, NUMBERS, (100_000,))
    assert len(rows) == 100_000
    assert rows[-1] == (100_000, "n100000")


@EVERY
async def test_wide(connection: AsyncConnection[Any]) -> None:
    """A value of some megabytes, both ways, and 1,000 columns."""
    text = "é" * 2_000_000
    assert await wire.fetch(connection, ask("SELECT $1, 7", "text"), (text,)) == [(text, 7)]
    columns = ", ".join(f"$1 + {number}" for number in range(1000))
    [row] = await wire.fetch(connection, ask(f"SELECT {columns}", "int4"), (5,))
    assert row == tuple(range(5, 1005))


@EVERY
async def test_affected_rows(connection: AsyncConnection[Any]) -> None:
    """The number of rows that were written, that a function returned, or none."""
    assert await wire.affect(connection, ask("UPDATE items SET label = $1", "text"), ("x",)) == 2
    assert await wire.affect(connection, ask("DELETE FROM items WHERE id > 5"), ()) == 0
    assert await wire.affect(connection, ITEMS, ()) == 2
    assert await wire.affect(connection, ask("CREATE TABLE more ()"), ()) == -1


@EVERY
async def test_rows_of_what_has_none(connection: AsyncConnection[Any]) -> None:
    """Rows are asked of a statement that returns none."""
    with pytest.raises(psycopg.ProgrammingError, match="didn't produce records"):
        await wire.fetch(connection, ask("DELETE FROM items"), ())
    await assert_clean(connection)


@EVERY
async def test_notices(connection: AsyncConnection[Any]) -> None:
    """What the server says beside the answer reaches the connection's handlers."""
    notices: list[str | None] = []

    def take(diagnostic: Diagnostic) -> None:
        notices.append(diagnostic.message_primary)

    connection.add_notice_handler(take)
    await connection.execute(
        "CREATE FUNCTION say(word text) RETURNS integer LANGUAGE plpgsql "
        "AS 'BEGIN RAISE NOTICE ''%'', word; RAISE WARNING ''loud %'', word; RETURN 1; END'"
    )
    say = ask("SELECT say($1)", "text")
    for word in ("a", "b"):
        assert await wire.fetch(connection, say, (word,)) == [(1,)]
    assert notices == ["a", "loud a", "b", "loud b"]


@DIRECT
async def test_notifications(connection: AsyncConnection[Any]) -> None:
    """Notifications that come with an answer reach the connection's handlers."""
    heard: list[str] = []
    connection.add_notify_handler(lambda notify: heard.append(notify.payload))
    await connection.execute("LISTEN news")
    notify = ask("SELECT pg_notify('news', $1)", "text")
    for word in ("a", "b"):
        assert await wire.fetch(connection, notify, (word,)) == [(None,)]
    assert heard == ["a", "b"]


@EVERY
async def test_notifying(connection: AsyncConnection[Any], paths_url: str) -> None:
    """What a call notifies of is heard by whoever listens on a connection of its own."""
    heard: list[str] = []
    async with await AsyncConnection.connect(paths_url, autocommit=True) as listener:
        listener.add_notify_handler(lambda notify: heard.append(notify.payload))
        await listener.execute("LISTEN news")
        await wire.fetch(connection, ask("SELECT pg_notify('news', $1)", "text"), ("a",))
        while not heard:
            await listener.execute("SELECT pg_sleep(0.01)")
    assert heard == ["a"]


@EVERY
async def test_what_is_registered_later(connection: AsyncConnection[Any]) -> None:
    """A loader of the host's, and another encoding, hold from the next call on."""

    class Negative(Loader):
        format = Format.BINARY

        def load(self, data: Any) -> int:
            return -int.from_bytes(bytes(data), "big")

    query = ask("SELECT 5::int4, $1", "text")
    for _ in range(2):
        assert await wire.fetch(connection, query, ("é",)) == [(5, "é")]
    connection.adapters.register_loader("int4", Negative)
    assert await wire.fetch(connection, query, ("é",)) == [(-5, "é")]
    await connection.execute("SET client_encoding = latin1")
    for _ in range(2):
        assert await wire.fetch(connection, query, ("é",)) == [(-5, "é")]


@EVERY
async def test_connection_dies_with_its_last_user(where: dict[str, Any]) -> None:
    """What is kept for a connection does not keep it alive."""
    connection = await AsyncConnection.connect(**where, autocommit=True)
    await wire.fetch(connection, NUMBERS, (1,))
    await wire.fetch(connection, ask("SELECT $1, $2", "jsonb", ""), ({}, "x"))
    await connection.close()
    gone = weakref.ref(connection)
    gc.disable()
    try:
        del connection
        assert gone() is None
    finally:
        gc.enable()
