# Derived from tests/integration/paths/_async/test_rows.py by tools/async_to_sync.py: do not edit.
"""What comes back, on every way to the server."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.adapt import Loader
from psycopg.pq import Format

from pgrepo.runtime._sync import wire
from tests.integration._sync.test_parameters import ROUND_TRIPS

from .questions import BACKEND, DIRECT, EVERY, ITEMS, NUMBERS, ask, assert_clean, prepared

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic


_NAMES = {"fast": "_pgrepo_", "cursors": "_pg3_"}


@EVERY
def test_path_is_taken(connection: Connection[Any], path: str) -> None:
    """A query is prepared once, under a name that tells which way it went, or not at all."""
    for _ in range(3):
        assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    sessions = {row for _ in range(4) for row in wire.fetch(connection, BACKEND, ())}
    names = prepared(connection)
    if path in {"fast", "cursors"}:
        assert len(sessions) == 1
        assert len(names) == 2
        assert all(name.startswith(_NAMES[path]) for name in names)
    else:
        assert len(sessions) == 2
        # Those that PgBouncer hands on, it names itself.
        assert bool(names) is (path == "prepared")


@EVERY
def test_every_type(connection: Connection[Any]) -> None:
    """Values of every type, and NULL of every type, come back as they went."""
    for type_name, value in ROUND_TRIPS:
        query = ask("SELECT $1, $1, 7", type_name)
        assert wire.fetch(connection, query, (value,)) == [(value, value, 7)], type_name
        assert wire.fetch(connection, query, (None,)) == [(None, None, 7)], type_name


@EVERY
def test_type_that_the_connection_meets_first(connection: Connection[Any]) -> None:
    """An enum is read by the first call, the next ones, and in another query."""
    query = ask("SELECT $1::mood, 5", "")
    for label in ("good", "bad", None):
        assert wire.fetch(connection, query, (label,)) == [(label, 5)]
    other = ask("SELECT ARRAY[$1::mood]", "")
    assert wire.fetch(connection, other, ("good",)) == [(["good"],)]


@EVERY
def test_sizes(connection: Connection[Any]) -> None:
    """No row, no column, and 100,000 rows."""
    assert wire.fetch(connection, NUMBERS, (0,)) == []
    assert wire.fetch(connection, ask("SELECT FROM items"), ()) == [(), ()]
    rows = wire.fetch(connection, NUMBERS, (100_000,))
    assert len(rows) == 100_000
    assert rows[-1] == (100_000, "n100000")


@EVERY
def test_wide(connection: Connection[Any]) -> None:
    """A value of some megabytes, both ways, and 1,000 columns."""
    text = "é" * 2_000_000
    assert wire.fetch(connection, ask("SELECT $1, 7", "text"), (text,)) == [(text, 7)]
    columns = ", ".join(f"$1 + {number}" for number in range(1000))
    [row] = wire.fetch(connection, ask(f"SELECT {columns}", "int4"), (5,))
    assert row == tuple(range(5, 1005))


@EVERY
def test_affected_rows(connection: Connection[Any]) -> None:
    """The number of rows that were written, that a function returned, or none."""
    assert wire.affect(connection, ask("UPDATE items SET label = $1", "text"), ("x",)) == 2
    assert wire.affect(connection, ask("DELETE FROM items WHERE id > 5"), ()) == 0
    assert wire.affect(connection, ITEMS, ()) == 2
    assert wire.affect(connection, ask("CREATE TABLE more ()"), ()) == -1


@EVERY
def test_rows_of_what_has_none(connection: Connection[Any]) -> None:
    """Rows are asked of a statement that returns none."""
    with pytest.raises(psycopg.ProgrammingError, match="didn't produce records"):
        wire.fetch(connection, ask("DELETE FROM items"), ())
    assert_clean(connection)


@EVERY
def test_notices(connection: Connection[Any]) -> None:
    """What the server says beside the answer reaches the connection's handlers."""
    notices: list[str | None] = []

    def take(diagnostic: Diagnostic) -> None:
        notices.append(diagnostic.message_primary)

    connection.add_notice_handler(take)
    connection.execute(
        "CREATE FUNCTION say(word text) RETURNS integer LANGUAGE plpgsql "
        "AS 'BEGIN RAISE NOTICE ''%'', word; RAISE WARNING ''loud %'', word; RETURN 1; END'"
    )
    say = ask("SELECT say($1)", "text")
    for word in ("a", "b"):
        assert wire.fetch(connection, say, (word,)) == [(1,)]
    assert notices == ["a", "loud a", "b", "loud b"]


@DIRECT
def test_notifications(connection: Connection[Any]) -> None:
    """Notifications that come with an answer reach the connection's handlers."""
    heard: list[str] = []
    connection.add_notify_handler(lambda notify: heard.append(notify.payload))
    connection.execute("LISTEN news")
    notify = ask("SELECT pg_notify('news', $1)", "text")
    for word in ("a", "b"):
        assert wire.fetch(connection, notify, (word,)) == [(None,)]
    assert heard == ["a", "b"]


@EVERY
def test_notifying(connection: Connection[Any], paths_url: str) -> None:
    """What a call notifies of is heard by whoever listens on a connection of its own."""
    heard: list[str] = []
    with Connection.connect(paths_url, autocommit=True) as listener:
        listener.add_notify_handler(lambda notify: heard.append(notify.payload))
        listener.execute("LISTEN news")
        wire.fetch(connection, ask("SELECT pg_notify('news', $1)", "text"), ("a",))
        while not heard:
            listener.execute("SELECT pg_sleep(0.01)")
    assert heard == ["a"]


@EVERY
def test_what_is_registered_later(connection: Connection[Any]) -> None:
    """A loader of the host's, and another encoding, hold from the next call on."""

    class Negative(Loader):
        format = Format.BINARY

        def load(self, data: Any) -> int:
            return -int.from_bytes(bytes(data), "big")

    query = ask("SELECT 5::int4, $1", "text")
    for _ in range(2):
        assert wire.fetch(connection, query, ("é",)) == [(5, "é")]
    connection.adapters.register_loader("int4", Negative)
    assert wire.fetch(connection, query, ("é",)) == [(-5, "é")]
    connection.execute("SET client_encoding = latin1")
    for _ in range(2):
        assert wire.fetch(connection, query, ("é",)) == [(-5, "é")]


@EVERY
def test_connection_dies_with_its_last_user(where: dict[str, Any]) -> None:
    """What is kept for a connection does not keep it alive."""
    connection = Connection.connect(**where, autocommit=True)
    wire.fetch(connection, NUMBERS, (1,))
    wire.fetch(connection, ask("SELECT $1, $2", "jsonb", ""), ({}, "x"))
    connection.close()
    gone = weakref.ref(connection)
    gc.disable()
    try:
        del connection
        assert gone() is None
    finally:
        gc.enable()
