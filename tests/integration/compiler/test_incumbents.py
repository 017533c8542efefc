"""Queries of which other generators are known to be wrong: the right answer, and its witness.

Each test is named after the report of the fault in the other project, and rebuilds its situation
with a schema of a library. What the compiler says of a column is compared with the rows that the
statement really returns: no column called not-null is NULL, and every column called nullable is,
so that neither too little nor too much is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import scratch_database

from .laboratory import named_query

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE SCHEMA library;

CREATE TABLE library.readers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    withdrawn_at timestamptz
);
CREATE TABLE library.books (
    id integer PRIMARY KEY,
    title text NOT NULL,
    shelf_code text,
    details jsonb NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE library.loans (
    id integer PRIMARY KEY,
    book_id integer NOT NULL REFERENCES library.books (id),
    reader_id integer REFERENCES library.readers (id),
    days integer NOT NULL
);
CREATE TABLE library.covers (digest bytea PRIMARY KEY);

CREATE VIEW library.placed_books AS
SELECT book.id, book.title, book.shelf_code, book.added_at, reader.name AS reader
FROM library.books AS book
LEFT JOIN library.loans AS loan ON loan.book_id = book.id
LEFT JOIN library.readers AS reader ON reader.id = loan.reader_id
WHERE book.shelf_code IS NOT NULL;
"""

ROWS = """
INSERT INTO library.readers (id, name)
SELECT number, 'reader ' || number FROM generate_series(1, 1000) AS number;
INSERT INTO library.books (id, title, shelf_code, details) VALUES
(1, 'Atlas', 'A1', '{"print": {"year": "1951"}}'),
(2, 'Ballads', NULL, '{}'),
(3, 'Comets', 'C3', '{"print": null}');
INSERT INTO library.loans (id, book_id, reader_id, days) VALUES (1, 1, 7, 14), (2, 2, NULL, 7);
ANALYZE library.readers, library.books, library.loans;
"""


@dataclass(frozen=True)
class Library:
    """The schema with rows on one server, analysed and run."""

    analyser: QueryAnalyser
    connection: psycopg.Connection[Any]

    def signs(self, sql: str) -> str:
        """What is said of each column, and what the rows say: `!` never NULL, `?` NULL somewhere.

        Fails where the two differ.
        """
        query = self.analyser.analyse(named_query(sql))
        rows = self.run(sql)
        assert rows, "without rows there is no witness"
        said = "".join("?" if column.nullable else "!" for column in query.columns)
        found = "".join("?" if None in values else "!" for values in zip(*rows, strict=True))
        assert said == found, f"said {said}, found {found}: {rows}"
        return said

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement; what it changes is undone."""
        with self.connection.transaction(force_rollback=True):
            return self.connection.execute(sql.encode()).fetchall()


@pytest.fixture(scope="module", params=["server_url", "oldest_server_url"])
def library(request: pytest.FixtureRequest) -> Iterator[Library]:
    """The library on the newest server, then on the oldest."""
    with scratch_database(request.getfixturevalue(request.param)) as connection:
        connection.execute(SCHEMA + ROWS)
        analyser = QueryAnalyser(Describer(connection), Catalog(connection))
        with psycopg.connect(connection.info.dsn, autocommit=True) as running:
            yield Library(analyser, running)


def _join_types(plan: dict[str, Any]) -> set[str]:
    below = [_join_types(part) for part in plan.get("Plans", ())]
    return {plan[key] for key in ("Join Type",) if key in plan}.union(*below)


def test_sqlx_367_planner_swaps_the_sides(library: Library) -> None:
    """launchbadge/sqlx#367: a plan with the sides of a LEFT JOIN swapped turns nullability round.

    Few rows beside many make the planner hash the few and run the join as a right one. What
    reads EXPLAIN then takes the wrong side for the one that the join nulls.
    """
    sql = (
        "SELECT loan.id, loan.days, reader.name FROM library.loans AS loan "
        "LEFT JOIN library.readers AS reader ON lower(reader.name) = 'reader ' || loan.reader_id"
    )
    [[[explained]]] = library.run(f"EXPLAIN (FORMAT JSON) {sql}")
    assert _join_types(explained["Plan"]) == {"Right"}
    assert library.signs(sql) == "!!?"


def test_sqlx_367_two_left_joins(library: Library) -> None:
    """launchbadge/sqlx#367: in a chain of LEFT JOINs each one nulls its own side only."""
    sql = (
        "SELECT book.title, loan.id, loan.days, reader.id, reader.name "
        "FROM library.books AS book "
        "LEFT JOIN library.loans AS loan ON loan.book_id = book.id "
        "LEFT JOIN library.readers AS reader ON reader.id = loan.reader_id"
    )
    assert library.signs(sql) == "!????"


def test_sqlc_3710_cast_of_a_missing_key(library: Library) -> None:
    """sqlc-dev/sqlc#3710: a cast does not make a missing JSON key a value."""
    sql = (
        "SELECT book.id, (book.details -> 'print' -> 'year')::text AS year, "
        "CAST(book.shelf_code AS varchar) AS shelf, book.id::text AS written "
        "FROM library.books AS book"
    )
    assert library.signs(sql) == "!??!"


def test_sqlc_3710_case_without_else(library: Library) -> None:
    """sqlc-dev/sqlc#3710: nor does CASE, while an arm or the lack of one gives NULL."""
    sql = (
        "SELECT CASE WHEN book.id = 1 THEN 'first'::text ELSE NULL::text END AS a, "
        "CASE WHEN book.id = 1 THEN 'first' END AS b, "
        "CASE WHEN book.id = 1 THEN 'first' ELSE book.title END AS c "
        "FROM library.books AS book"
    )
    assert library.signs(sql) == "??!"


def test_sqlc_3667_left_join_of_a_sub_query(library: Library) -> None:
    """sqlc-dev/sqlc#3667: LEFT JOIN (SELECT …) nulls the columns of the sub-query.

    They are grouped besides, as in the report: the grouped columns are those of the join.
    """
    sql = (
        "SELECT loan.id, present.name, present.reader_id FROM library.loans AS loan "
        "LEFT JOIN (SELECT reader.name, reader.id AS reader_id FROM library.readers AS reader "
        "WHERE reader.withdrawn_at IS NULL) AS present ON present.reader_id = loan.reader_id "
        "GROUP BY loan.id, present.name, present.reader_id"
    )
    assert library.signs(sql) == "!??"


def test_sqlc_2997_scalar_sub_query(library: Library) -> None:
    """sqlc-dev/sqlc#2997: a scalar sub-query that finds no row is NULL, one that counts is not."""
    sql = (
        "SELECT (SELECT loan.days FROM library.loans AS loan WHERE loan.book_id = book.id) AS days,"
        " (SELECT count(*) FROM library.loans AS loan WHERE loan.book_id = book.id) AS loans, "
        "(SELECT max(loan.days) FROM library.loans AS loan WHERE loan.book_id = book.id) AS longest"
        ", EXISTS (SELECT FROM library.loans AS loan WHERE loan.book_id = book.id) AS lent "
        "FROM library.books AS book"
    )
    assert library.signs(sql) == "?!?!"


def test_left_join_of_a_nested_join(library: Library) -> None:
    """`a LEFT JOIN (b JOIN c)`: both tables of the inner join are on the side that is nulled."""
    sql = (
        "SELECT book.title, loan.days, reader.name FROM library.books AS book "
        "LEFT JOIN (library.loans AS loan INNER JOIN library.readers AS reader "
        "ON reader.id = loan.reader_id) ON loan.book_id = book.id"
    )
    assert library.signs(sql) == "!??"


def test_right_join_of_a_left_join(library: Library) -> None:
    """`(a LEFT JOIN b) RIGHT JOIN c`: the kept side of the first join is nulled by the second."""
    sql = (
        "SELECT loan.days, reader.name, book.title FROM (library.loans AS loan "
        "LEFT JOIN library.readers AS reader ON reader.id = loan.reader_id) "
        "RIGHT JOIN library.books AS book ON book.id = loan.book_id"
    )
    assert library.signs(sql) == "??!"


def test_sqlx_3192_view(library: Library) -> None:
    """launchbadge/sqlx#3192: a view's columns are those of its tables, its joins and its WHERE.

    The shelf's column may be NULL in its table, and never is in the view.
    """
    sql = "SELECT id, title, shelf_code, added_at, reader FROM library.placed_books"
    assert library.signs(sql) == "!!!!?"


_COVER = "INSERT INTO library.covers (digest) VALUES ('x')"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"{_COVER} RETURNING old.digest, new.digest", "?!"),
        (f"{_COVER} ON CONFLICT (digest) DO NOTHING RETURNING old.digest", "?"),
        ("UPDATE library.books SET title = 'Maps' RETURNING old.title, new.title", "!!"),
        ("DELETE FROM library.loans RETURNING old.days, new.days", "!?"),
    ],
)
def test_sqlx_4332_returning_old(library: Library, sql: str, expected: str) -> None:
    """launchbadge/sqlx#4332: there is no old row after INSERT, and no new one after DELETE."""
    if library.connection.info.server_version < 180000:
        with pytest.raises(psycopg.errors.UndefinedTable):
            library.run(sql)
        return
    assert library.signs(sql) == expected


def test_sum_over_an_empty_frame(library: Library) -> None:
    """`SUM() OVER` a frame that can be empty is NULL there, over one with its own row it is not."""
    sql = (
        "SELECT sum(loan.days) OVER (ORDER BY loan.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), "
        "sum(loan.days) OVER (ORDER BY loan.id ROWS UNBOUNDED PRECEDING), "
        "sum(loan.days) OVER (), "
        "count(loan.days) OVER (ORDER BY loan.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) "
        "FROM library.loans AS loan"
    )
    assert library.signs(sql) == "?!!!"
