"""Query files, read: what a query is made of, and how far an error reaches."""

from pathlib import Path

import pytest

from pgrepo.errors import ProjectError
from pgrepo.sqlfiles.queries import (
    NamedQuery,
    Operation,
    QueryFile,
    is_plain,
    read_plain_query,
    read_queries,
    read_query_directory,
    read_query_file,
)
from pgrepo.sqlfiles.source import Source


def read(text: str) -> QueryFile:
    return read_queries(Source(text, Path("sessions.sql"), "sessions.sql"))


def read_one(text: str) -> NamedQuery:
    file = read(text)
    assert file.errors == ()
    (query,) = file.queries
    return query


def test_a_query() -> None:
    """Every part of a query is where it belongs."""
    text = (
        "-- Recorded conversations.\n"
        "-- And more.\n"
        "\n"
        "-- Not the doc.\n"
        "-- name: recent-sessions(user-id, limit)\n"
        "-- Returns sessions.\n"
        "--\n"
        "-- @row Recent\n"
        "--   Newest first.\n"
        "\n"
        "-- Not the doc.\n"
        "SELECT s.id  -- the key\n"
        "\n"
        "FROM m.sessions AS s /* of all */\n"
        "WHERE s.a = :limit AND s.user_id=:user_id AND s.b<:limit\n"
        "LIMIT:limit;\n"
    )
    file = read(text)
    (query,) = file.queries
    assert file.errors == ()
    assert file.name == "sessions"
    assert file.doc == "Recorded conversations.\nAnd more."
    assert query.name == "recent_sessions"
    assert query.operation is Operation.MANY
    assert query.parameters == ("user_id", "limit")
    assert query.positions == ("limit", "user_id")
    assert query.sql == (
        "SELECT s.id\nFROM m.sessions AS s\nWHERE s.a = $1 AND s.user_id=$2 AND s.b<$1\nLIMIT $1"
    )
    assert query.doc == "Returns sessions.\n\n  Newest first."
    assert query.annotations.row == "Recent"
    assert query.line == 5
    assert text[slice(*query.name_span)] == "recent-sessions"
    assert len(query.fingerprint) == 16


@pytest.mark.parametrize("operation", list(Operation))
def test_operations(operation: Operation) -> None:
    """Aiosql's operators are read with and without white space around the list."""
    for header in (f"q(a){operation.value}", f"q ( a ) {operation.value} "):
        assert read_one(f"-- name: {header}\nSELECT :a;\n").operation is operation


@pytest.mark.parametrize("operator", ["<!", "*!"])
def test_the_list_may_be_left_out(operator: str) -> None:
    """As with aiosql: the parameters then are those of the SQL, in its order."""
    query = read_one(f"-- name: q{operator}\nINSERT INTO t VALUES (:b, :a, :b) RETURNING 1;\n")
    assert query.parameters == query.positions == ("b", "a")


def test_documentation_in_block_comments() -> None:
    """Block comments document too; rulers and margins are left out."""
    file = read(
        "/*\n * Sessions.\n *\n *   - one\n */\n\n-- name: q()\n-- -----\n-- Doc.\nSELECT 1;\n"
    )
    assert file.doc == "Sessions.\n\n  - one"
    assert file.queries[0].doc == "Doc."


BASE = "-- name: q(a)\n-- Doc.\nSELECT :a, 'x' || 'y'\nFROM t;\n"


@pytest.mark.parametrize(
    "same",
    [
        BASE.replace("-- Doc.", "-- Other doc."),
        BASE.replace("FROM", "\n  -- why\n\nFROM"),
        BASE.replace("FROM", "   FROM"),
        BASE.replace("\nFROM", "  -- trailing\nFROM"),
        BASE.replace("FROM", "/* which */ FROM"),
        BASE.replace(";", ""),
        "-- Top.\n" + BASE,
    ],
)
def test_what_a_fingerprint_ignores(same: str) -> None:
    """Comments, documentation and white space may change without new code."""
    assert read_one(same).fingerprint == read_one(BASE).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("(a)", "(a)^"),
        BASE.replace("(a)", "(b)").replace(":a", ":b"),
        BASE.replace("'x'", "'x '"),
        BASE.replace("t;", "u;"),
        BASE.replace("|| 'y'", "|| 'y' || :a"),
        BASE.replace("SELECT", "/*+ SeqScan(t) */ SELECT"),
    ],
)
def test_what_changes_a_fingerprint(other: str) -> None:
    """Operator, parameters, SQL and planner hints do."""
    assert read_one(other).fingerprint != read_one(BASE).fingerprint


def test_an_unclosed_bracket_stays_in_its_query() -> None:
    """The parameters of the next query do not become slices."""
    file = read("-- name: a()\nSELECT x[1;\n-- name: b(p)\nSELECT 1 :p;\n")
    assert [query.positions for query in file.queries] == [(), ("p",)]


def test_an_unclosed_string_stays_in_its_query() -> None:
    """The error names the opening quote, and all later queries are read."""
    file = read("-- name: a()\nSELECT 'x;\n-- name: b()\nSELECT 'y';\n-- name: c()\nSELECT 2;\n")
    assert [query.name for query in file.queries] == ["b", "c"]
    assert [(e.code, e.line, e.column, e.query) for e in file.errors] == [("PGR101", 2, 8, "a")]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not UTF-8 is an error in the result, not an exception."""
    path = tmp_path / "a.sql"
    path.write_bytes(b"-- name: a()\nSELECT '\xff';\n")
    for file in (read_query_file(path, tmp_path), read_plain_query(path, tmp_path)):
        assert [(e.code, e.file, e.line, e.column) for e in file.errors] == [
            ("PGR101", "a.sql", 2, 9)
        ]
        assert file.queries == ()


def test_a_directory(tmp_path: Path) -> None:
    """Files come in order of name; only .sql files count; the first of two names stays."""
    (tmp_path / "b.sql").write_text("-- name: x()\nSELECT 1;\n-- name: y()\nSELECT 1;\n")
    (tmp_path / "a.sql").write_text("-- name: y()\nSELECT 2;\n")
    (tmp_path / "notes.txt").write_text("SELECT")
    (tmp_path / "sub").mkdir()
    first, second = read_query_directory(tmp_path, tmp_path)
    assert [query.name for query in first.queries] == ["y"]
    assert [query.name for query in second.queries] == ["x"]
    assert [(error.code, error.file, error.line) for error in second.errors] == [
        ("PGR105", "b.sql", 3)
    ]
    with pytest.raises(ProjectError, match="create it"):
        read_query_directory(tmp_path / "none")


def test_a_plain_query(tmp_path: Path) -> None:
    """A file without headers is one statement with numbered parameters."""
    path = tmp_path / "top.sql"
    path.write_text(
        "-- The top.\n-- @param p2 = 10\nSELECT a[1:2] -- it's :x\nFROM t WHERE b=$1 LIMIT $2;\n"
    )
    file = read_plain_query(path, tmp_path)
    (query,) = file.queries
    assert is_plain(file.source)
    assert file.errors == ()
    assert (query.name, query.operation) == ("top", Operation.MANY)
    assert query.parameters == query.positions == ("p1", "p2")
    assert query.sql == "SELECT a[1:2]\nFROM t WHERE b=$1 LIMIT $2"
    assert query.doc == file.doc == "The top."
    assert [parameter.default for parameter in query.annotations.parameters] == ["10"]
    assert query.line == 1
    assert not is_plain(Source("-- name: q()\nSELECT 1;\n", path, "top.sql"))


class TestLocate:
    """The way from the executed SQL back to the file."""

    TEXT = (
        "-- name: q(user_id, n)\n-- Doc.\n"
        "SELECT t.mesage -- note\n\n  , /* c */ 'a:b' FROM m.t AS t\n"
        "WHERE t.u = :user_id\nLIMIT:n ;\n"
    )

    @pytest.fixture
    def query(self) -> NamedQuery:
        """The query all of these look at."""
        return read_one(self.TEXT)

    @pytest.mark.parametrize("piece", ["SELECT", "mesage", ",", "'a:b'", "b'", "WHERE", "LIMIT"])
    def test_token(self, query: NamedQuery, piece: str) -> None:
        """A token, and every character of it, maps to itself."""
        assert query.locate(query.sql.index(piece)) == self.TEXT.index(piece, 31)

    def test_parameter(self, query: NamedQuery) -> None:
        """Any place in `$n` is the beginning of `:name`."""
        at = query.sql.index("$1")
        assert query.locate(at) == query.locate(at + 1) == self.TEXT.index(":user_id")

    def test_between_and_after(self, query: NamedQuery) -> None:
        """Between tokens it is the next one's start, at the end the last one's end."""
        assert query.locate(query.sql.index("t.mesage") - 1) == self.TEXT.index("t.mesage")
        assert query.locate(len(query.sql)) == self.TEXT.index(":n ;") + 2

    def test_error_without_end(self, query: NamedQuery) -> None:
        """The whole dotted name is underlined, or the parameter as written."""
        error = query.error("PGR203", "no such column", query.sql.index("t.mesage"), help="look")
        assert (error.line, error.column, error.width, error.query) == (3, 8, 8, "q")
        error = query.error("PGR203", "bad", query.sql.index("$1"))
        assert (error.line, error.column, error.width) == (6, 13, 8)
        assert query.error("PGR203", "bad", len(query.sql)).column == 8

    def test_error_with_end(self, query: NamedQuery) -> None:
        """Start and end are mapped each by itself."""
        start = query.sql.index("mesage")
        assert query.error("PGR203", "bad", start, start + 3).width == 3
        start = query.sql.index("t.u")
        error = query.error("PGR203", "bad", start, query.sql.index("$1") + 2)
        assert error.width == len("t.u = :user_id")

    def test_plain(self, tmp_path: Path) -> None:
        """A plain query has the same way back."""
        path = tmp_path / "q.sql"
        path.write_text("-- Doc.\nSELECT $1, /* c */ b;\n")
        (query,) = read_plain_query(path, tmp_path).queries
        error = query.error("PGR203", "bad", query.sql.index("b"))
        assert (error.line, error.column) == (2, 20)
