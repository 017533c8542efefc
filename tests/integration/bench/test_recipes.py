"""Which values parameters get: drawn from rows that belong together, new, or usual ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from pgrepo.bench.recipes import NoValues, Recipes
from pgrepo.bench.values import Values
from pgrepo.compiler.checks.findings import Recorder
from pgrepo.compiler.compile import analyse_all, tools_on
from pgrepo.runtime import Database
from pgrepo.sqlfiles.queries import read_query_directory

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('glad', 'sad');
CREATE TABLE shop.users (
    id integer PRIMARY KEY, email text NOT NULL UNIQUE, about jsonb NOT NULL DEFAULT '{"a": [1]}'
);
CREATE TABLE shop.notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id integer NOT NULL REFERENCES shop.users (id),
    title text NOT NULL,
    mood shop.mood NOT NULL DEFAULT 'glad',
    at timestamptz NOT NULL
);
CREATE TABLE shop.empty (id integer PRIMARY KEY);
INSERT INTO shop.users SELECT n, format('u%s@example.com', n) FROM generate_series(1, 50) AS n;
INSERT INTO shop.notes (user_id, title, at)
SELECT n % 50 + 1, format('holiday %s', n), timestamptz '2026-01-01 UTC' + n * interval '1 hour'
FROM generate_series(1, 200) AS n;
ANALYZE;
"""

Draw = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def draw(database_url: str, tmp_path: Path) -> Iterator[Draw]:
    """Makes the arguments of twenty calls of a query, written with its header's name line."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_SCHEMA)
        tools = tools_on(connection, Recorder)
        with Database(database_url) as database:
            recipes = Recipes(tools, "shop", Values(database), {})

            def arguments(text: str) -> list[dict[str, Any]]:
                (tmp_path / "q.sql").write_text(f"-- name: {text}\n")
                [file] = read_query_directory(tmp_path, tmp_path)
                assert file.errors == ()
                [query], errors = analyse_all(list(file.queries), tools.analyser)
                assert not errors
                return recipes.arguments(recipes.recipe(query, None), 20)

            yield arguments


def test_rows_that_belong_together(draw: Draw, database_url: str) -> None:
    """A user's id and the title of a note come from rows that the foreign key joins."""
    calls = draw(
        "notes_of(email, title)\n-- Notes.\nSELECT n.id FROM shop.notes AS n "
        "JOIN shop.users AS u ON u.id = n.user_id WHERE u.email = :email AND n.title = :title "
        "ORDER BY n.id;"
    )
    with psycopg.connect(database_url) as connection:
        pairs = connection.execute(
            "SELECT u.email, n.title FROM shop.notes AS n JOIN shop.users AS u ON u.id = n.user_id"
        ).fetchall()
    assert len(calls) == 20
    assert {(call["email"], call["title"]) for call in calls} <= set(pairs)
    assert draw("one(email)^\n-- One.\nSELECT u.id FROM shop.users AS u WHERE u.email = :email;")


def test_what_is_compared(draw: Draw) -> None:
    """Through any operator and function, whatever the parameter is called; a range has two ends."""
    calls = draw(
        "some(x, y, z, many)\n-- Some.\nSELECT n.id FROM shop.notes AS n "
        "JOIN shop.users AS u ON u.id = n.user_id WHERE n.at >= :x AND n.at < :y "
        "AND lower(u.email) > :z ORDER BY n.id LIMIT :many;"
    )
    assert all(call["x"] != call["y"] for call in calls)
    assert all(call["z"].endswith("@example.com") for call in calls)
    assert {call["many"] for call in calls} == {20}


def test_arrays(draw: Draw) -> None:
    """Ids of several rows make an array."""
    calls = draw(
        "by_ids(note_ids)\n-- Notes.\nSELECT n.title FROM shop.notes AS n "
        "WHERE n.id = ANY (:note_ids) ORDER BY n.id;"
    )
    assert len(calls) == 20
    assert all(isinstance(item, UUID) for call in calls for item in call["note_ids"])
    assert all(len(set(call["note_ids"])) == 10 for call in calls)


def test_new_values(draw: Draw) -> None:
    """What must be unique is new in each call; documents come as Python has them."""
    calls = draw(
        "add_user(id, email, about)!\n-- Adds.\nINSERT INTO shop.users (id, email, about) "
        "VALUES (:id, :email, :about);"
    )
    assert len({call["email"] for call in calls}) == len({call["id"] for call in calls}) == 20
    assert all(call["about"] == {"a": [1]} for call in calls)


def test_words(draw: Draw) -> None:
    """What is searched for is a word of a text."""
    calls = draw(
        "search(query)\n-- Search.\nSELECT n.id FROM shop.notes AS n "
        "WHERE to_tsvector('simple', n.title) @@ plainto_tsquery('simple', :query) ORDER BY n.id;"
    )
    assert {call["query"] for call in calls} == {"holiday"}


def test_nothing_to_draw(draw: Draw) -> None:
    """An empty table, and a type that no column has, are told with what to do."""
    with pytest.raises(NoValues) as raised:
        draw("gone(id)^\n-- Gone.\nSELECT e.id FROM shop.empty AS e WHERE e.id = :id;")
    assert raised.value.reason == "there is no row in shop.empty to draw id from"
    assert "--param id=…" in raised.value.help
    with pytest.raises(NoValues) as raised:
        draw("odd(net)\n-- Odd.\nSELECT u.id FROM shop.users AS u WHERE :net::inet IS NOT NULL;")
    assert raised.value.reason.startswith("no column of type inet is compared with net")
    assert "--param odd.net=…" in raised.value.help
