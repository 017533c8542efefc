"""Which columns can find rows, and which tell all of them apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.compiler.compile import analysis_tools
from pgrepo.errors import SourceError
from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.compile import AnalysisTools

HERE = Path(__file__).parent
# As alike as the constraints let them be.
ROWS = """
INSERT INTO shelf.authors (id, name, country, born_at) VALUES
    (1, 'a', 'x', '10:00+00'), (2, 'b', 'x', '11:00+01'), (3, 'c', NULL, '12:00+00');
INSERT INTO shelf.biographies (author_id, body) VALUES (1, 'same'), (2, 'same');
INSERT INTO shelf.books (isbn, author_id, genre, title, year, tags, document) VALUES
    ('i1', 1, 'crime', 'same', 1990, '{}', '{}'), ('i2', 1, 'crime', 'same', 1990, '{}', '{}'),
    ('i3', 2, 'crime', 'same', 1991, '{}', '{}'), ('i4', 3, NULL, 'new', 2001, '{}', '{}');
"""


@pytest.fixture(scope="module")
def tools(server_url: str) -> Iterator[AnalysisTools]:
    """An analyser on the shelf's schema, and a database with rows."""
    with analysis_tools(HERE / "schema.sql", server_url) as tools:
        tools.connection.execute(ROWS)
        yield tools


def rows_of(connection: psycopg.Connection[Any], sql: str) -> list[tuple[Any, ...]]:
    cursor = psycopg.RawCursor(connection)
    parameters = [[1, 2, 3]] if "$1" in sql else None
    return cursor.execute(sql.encode(), parameters).fetchall()


def analyse(tools: AnalysisTools, sql: str, annotation: str) -> Any:
    text = f"-- name: q({'ids' if ':ids' in sql else ''})\n-- @{annotation}\n{sql};\n"
    file = read_queries(Source(text, Path("q.sql"), "q.sql"))
    assert not file.errors, file.errors[0]
    return tools.analyser.analyse(file.queries[0])


APART = [
    ("SELECT id FROM shelf.authors", "id"),
    ("SELECT name, country FROM shelf.authors WHERE id = ANY(:ids::bigint[])", "name"),
    ("SELECT isbn, author_id FROM shelf.books", "author_id, isbn"),
    (
        (
            "SELECT b.author_id, a.name FROM shelf.biographies b JOIN shelf.authors a "
            "ON a.id = b.author_id"
        ),
        "author_id",
    ),
    ("SELECT a.id FROM shelf.biographies b JOIN shelf.authors a ON a.id = b.author_id", "id"),
    (
        (
            "SELECT a.id, b.body FROM shelf.authors a LEFT JOIN shelf.biographies b "
            "ON b.author_id = a.id"
        ),
        "id",
    ),
    ("SELECT id, b.body FROM shelf.authors JOIN shelf.biographies b ON b.author_id = id", "id"),
    ("SELECT author_id, count(*) AS n FROM shelf.books GROUP BY author_id", "author_id"),
    (
        "SELECT author_id, year, count(*) AS n FROM shelf.books GROUP BY year, author_id",
        "author_id, year",
    ),
    ("SELECT id, name, count(*) AS n FROM shelf.authors GROUP BY id, name", "id"),
    ("SELECT DISTINCT author_id FROM shelf.books", "author_id"),
    (
        "SELECT DISTINCT ON (author_id) author_id, isbn FROM shelf.books ORDER BY author_id, year",
        "author_id",
    ),
    (
        (
            "SELECT x.author_id, x.n FROM (SELECT author_id, count(*) AS n FROM shelf.books "
            "GROUP BY author_id) x"
        ),
        "author_id",
    ),
    (
        (
            "WITH x AS (SELECT DISTINCT author_id FROM shelf.books) SELECT x.author_id, a.name "
            "FROM x JOIN shelf.authors a ON a.id = x.author_id"
        ),
        "author_id",
    ),
    (
        (
            "SELECT a.id, c.n FROM shelf.authors a CROSS JOIN LATERAL (SELECT count(*) AS n "
            "FROM shelf.books b WHERE b.author_id = a.id) c"
        ),
        "id",
    ),
    (
        (
            "SELECT a.id, c.isbn FROM shelf.authors a LEFT JOIN LATERAL (SELECT isbn FROM "
            "shelf.books b WHERE b.author_id = a.id ORDER BY year, isbn LIMIT 1) c ON true"
        ),
        "id",
    ),
    ("SELECT country, name FROM shelf.authors WHERE country IS NOT NULL", "country, name"),
    (
        (
            "SELECT id FROM shelf.authors WHERE EXISTS (SELECT FROM shelf.books b "
            "WHERE b.author_id = id)"
        ),
        "id",
    ),
    ("SELECT isbn, row_number() OVER (ORDER BY year) AS n FROM shelf.books", "isbn"),
    ("SELECT author_id FROM shelf.books WHERE isbn = 'i1' UNION SELECT 1 LIMIT 1", "author_id"),
]

NOT_APART = [
    ("SELECT author_id, isbn FROM shelf.books", "author_id"),
    ("SELECT a.id, b.isbn FROM shelf.authors a JOIN shelf.books b ON b.author_id = a.id", "id"),
    ("SELECT a.id FROM shelf.authors a CROSS JOIN shelf.biographies b", "id"),
    ("SELECT a.id FROM shelf.authors a LEFT JOIN shelf.books b ON b.author_id = a.id", "id"),
    ("SELECT title FROM shelf.books", "title"),
    (
        (
            "SELECT a.id FROM unnest(:ids::bigint[] || 1::bigint) AS x (id) JOIN shelf.authors a "
            "ON a.id = x.id"
        ),
        "id",
    ),
    ("SELECT body FROM shelf.biographies GROUP BY author_id, body", "body"),
    ("SELECT DISTINCT ON (isbn) author_id FROM shelf.books", "author_id"),
    ("SELECT id FROM shelf.authors UNION ALL SELECT author_id FROM shelf.books", "id"),
    ("SELECT id, generate_series(1, 2) AS n FROM shelf.authors", "id"),
    ("SELECT author_id, year FROM shelf.books GROUP BY ROLLUP (year), author_id", "author_id"),
    (
        (
            "SELECT a.id, c.isbn FROM shelf.authors a CROSS JOIN LATERAL (SELECT isbn FROM "
            "shelf.books b WHERE b.author_id = a.id LIMIT 2) c"
        ),
        "id",
    ),
    (
        (
            "SELECT x.id FROM (SELECT a.id, b.isbn FROM shelf.authors a JOIN shelf.books b "
            "ON b.author_id = a.id) x"
        ),
        "id",
    ),
    ("SELECT a.name FROM shelf.authors a JOIN shelf.authors b ON a.country = b.country", "name"),
]

NOT_KNOWN = [
    # True of any rows there can be, and more than is looked at.
    ("SELECT id FROM shelf.authors UNION SELECT author_id FROM shelf.books", "id"),
    ("SELECT title FROM shelf.books WHERE year > 2000", "title"),
    ("SELECT id + 1 AS next FROM shelf.authors WHERE id = id + 1 - 1", "next"),
    (
        (
            "SELECT id, b.body FROM shelf.authors JOIN (SELECT author_id AS id, body FROM "
            "shelf.biographies) b USING (id)"
        ),
        "id",
    ),
    # PostgreSQL tells times of two zones apart, and Python does not.
    ("SELECT born_at FROM shelf.authors", "born_at"),
    # So it is with a year and 365 days.
    (
        (
            "SELECT DISTINCT x.age FROM (VALUES ('1 year'::interval), ('365 days')) AS x (age) "
            "WHERE x.age IS NOT NULL"
        ),
        "age",
    ),
]


@pytest.mark.parametrize(("sql", "key"), APART)
def test_apart(tools: AnalysisTools, sql: str, key: str) -> None:
    """What is proved holds for rows that are as alike as they can be."""
    query = analyse(tools, sql, f"key_by {key}")
    names = [column.name for column in query.columns]
    places = [names.index(name.strip()) for name in key.split(",")]
    found = [tuple(row[at] for at in places) for row in rows_of(tools.connection, query.source.sql)]
    assert found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("sql", "key"), NOT_APART)
def test_not_apart(tools: AnalysisTools, sql: str, key: str) -> None:
    """What rows have twice is refused, and a list of them is not."""
    with pytest.raises(SourceError) as refused:
        analyse(tools, sql, f"key_by {key}")
    assert refused.value.code == "PGR214"
    query = analyse(tools, sql, f"group_by {key}")
    at = [column.name for column in query.columns].index(key)
    found = [row[at] for row in rows_of(tools.connection, query.source.sql)]
    assert len(found) > len(set(found))


@pytest.mark.parametrize(("sql", "key"), NOT_KNOWN)
def test_not_known(tools: AnalysisTools, sql: str, key: str) -> None:
    """Where nothing is proved, it is refused as well."""
    with pytest.raises(SourceError) as refused:
        analyse(tools, sql, f"key_by {key}")
    assert refused.value.code in {"PGR213", "PGR214"}


def test_variants(tools: AnalysisTools) -> None:
    """Every variant has to tell its rows apart."""
    text = (
        "-- name: q(number)\n-- @key_by author_id\n"
        "SELECT author_id FROM shelf.books\n"
        "WHERE isbn = :number  -- @optional\n;\n"
    )
    query = read_queries(Source(text, Path("q.sql"), "q.sql")).queries[0]
    with pytest.raises(SourceError, match="where number is left out"):
        tools.analyser.analyse(query)
