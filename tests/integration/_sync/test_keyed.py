# Derived from tests/integration/_async/test_keyed.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416
"""Rows by key: `@group_by` and `@key_by`, through generated code."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.errors import TooManyRowsError, UsageError
from pgrepo.runtime import UNSET, Database

from .dynamic import generated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

HERE = Path(__file__).parent.parent / "keyed"
ROWS = """
INSERT INTO shelf.authors (id, name, country, born_at)
SELECT n, 'author ' || n, NULL, make_interval(mins => n)::time AT TIME ZONE 'UTC'
FROM generate_series(1, 8) AS n;
INSERT INTO shelf.biographies (author_id, body) VALUES (2, 'was born');
INSERT INTO shelf.books (isbn, author_id, genre, title, year, tags, document)
SELECT
    'i' || n, n % 6 + 1, (ARRAY['crime', 'science', NULL])[n % 3 + 1]::shelf.genre,
    'title ' || n, 1990 + n * 7 % 12, '{}', '{}'
FROM generate_series(1, 60) AS n;
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, server_url: str) -> ModuleType:
    """The generated package."""
    return generated(tmp_path_factory.mktemp("shelf"), server_url, "shelf", HERE)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database with books."""
    with psycopg.connect(database_url) as connection:
        connection.execute((HERE / "schema.sql").read_bytes())
        connection.execute(ROWS)
    with Database(database_url, max_size=2, timeout=20) as database:
        yield database


@pytest.fixture
def shelf(package: ModuleType, database: Database) -> Any:
    """The domain."""
    return package.Shelf(database)


def all_books(database: Database) -> list[Any]:
    with database.connection() as connection:
        cursor = connection.execute(
            "SELECT author_id, isbn, title, year, genre::text FROM shelf.books"
        )
        return cursor.fetchall()


def test_groups(shelf: Any, database: Database) -> None:
    """Each key has its rows, in their order; a key without rows is not there."""
    books = all_books(database)
    for since, until, order in (
        (UNSET, UNSET, "oldest"), (1995, UNSET, "newest"), (1993, 1998, "oldest"),
        (UNSET, 1992, "newest"), (3000, UNSET, "oldest"),
    ):  # fmt: skip
        expected: dict[int, list[str]] = defaultdict(list)
        for author, isbn, _, year, _ in sorted(
            books, key=lambda book: (book[3], book[1]), reverse=order == "newest"
        ):
            after = since is UNSET or year >= since
            if author in {2, 5} and after and (until is UNSET or year <= until):
                expected[author].append(isbn)
        found = shelf.books.books_by_author_ids(
            author_ids=[2, 5, 8, 999], since=since, until=until, order_by=order
        )
        assert {key: [row.isbn for row in rows] for key, rows in found.items()} == expected
        assert list(found) == sorted(expected)
        assert all(row.author_id == key for key, rows in found.items() for row in rows)
    assert shelf.books.books_by_author_ids(author_ids=[]) == {}
    with pytest.raises(UsageError, match="order_by is one of"):
        shelf.books.books_by_author_ids(author_ids=[1], order_by="none")


def test_bounded_groups(shelf: Any) -> None:
    """A LATERAL with a LIMIT bounds each group, not the whole."""
    whole = shelf.books.books_by_author_ids(author_ids=range(1, 9))
    found = shelf.books.first_books_by_author_ids(author_ids=range(1, 9), limit=3)
    assert found == {key: rows[:3] for key, rows in whole.items()}
    assert [len(rows) for rows in found.values()] == [3] * 6
    twice = shelf.books.first_books_by_author_ids(author_ids=[1, 1], limit=3)
    assert len(twice[1]) == 6, "an id that is given twice is looked for twice"


def test_several_columns(shelf: Any, database: Database) -> None:
    """Several columns make tuples; NULL is a key as any other."""
    expected: dict[tuple[str | None, int], set[str]] = defaultdict(set)
    for _, isbn, _, year, genre in all_books(database):
        expected[genre, year].add(isbn)
    found = shelf.books.books_by_genre_and_year()
    assert {key: {row.isbn for row in rows} for key, rows in found.items()} == expected
    assert None in {genre for genre, _ in found}


def test_one_row_a_key(shelf: Any) -> None:
    """With a key that tells rows apart each has its row."""
    found = shelf.books.books_by_isbns(isbns=["i3", "i1", "i1", "none"])
    assert {key: row.title for key, row in found.items()} == {"i1": "title 1", "i3": "title 3"}
    authors = shelf.books.authors_with_biography()
    assert len(authors) == 8
    assert authors[2, "author 2"].body == "was born"
    assert authors[3, "author 3"].body is None
    counts = shelf.books.counts_by_author()
    assert {key: row.books for key, row in counts.items()} == dict.fromkeys(range(1, 7), 10)


def test_in_a_transaction(shelf: Any) -> None:
    """The methods are there in a block too."""
    with shelf.transaction() as tx:
        assert set(tx.books.books_by_author_ids(author_ids=[1, 2])) == {1, 2}


def test_streams_are_of_rows(shelf: Any) -> None:
    """The streaming twin yields the rows one by one."""
    with shelf.books.stream_books_by_author_ids(author_ids=[2]) as stream:
        rows = [row for row in stream]
    assert rows == (shelf.books.books_by_author_ids(author_ids=[2]))[2]


def test_another_database(shelf: Any, database: Database) -> None:
    """Where the key does not hold what the generator saw, no row is lost in silence."""
    with database.connection() as connection:
        connection.execute("ALTER TABLE shelf.books DROP CONSTRAINT books_pkey")
        connection.execute("UPDATE shelf.books SET isbn = 'same' WHERE year < 1995")
    with pytest.raises(TooManyRowsError, match="several rows of one key"):
        shelf.books.books_by_isbns(isbns=["same"])
