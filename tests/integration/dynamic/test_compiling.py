"""What the compiler makes of queries with variants: facts that hold for all, and errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgrepo.compiler.analysis.analyse import naming
from pgrepo.compiler.analysis.merging import merge
from pgrepo.compiler.compile import analysis_tools, compile_domain
from pgrepo.compiler.model import Cardinality, JsonObject
from pgrepo.errors import CompilationError, SourceError
from pgrepo.project import DomainFiles
from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.analyse import QueryAnalyser
    from pgrepo.compiler.model import Query
    from pgrepo.sqlfiles.named_query import NamedQuery

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def analyser(server_url: str) -> Iterator[QueryAnalyser]:
    """An analyser on the lab's schema."""
    with analysis_tools(HERE / "schema.sql", server_url) as tools:
        yield tools.analyser


def read(text: str) -> NamedQuery:
    file = read_queries(Source(text, Path("events.sql"), "events.sql"))
    assert not file.errors, file.errors[0]
    return file.queries[0]


def nullable(query: Query) -> dict[str, bool]:
    return {column.name: column.nullable for column in query.columns}


def test_nullable_without_a_filter(analyser: QueryAnalyser) -> None:
    """A filter proves a column not null, but only where it is there."""
    text = "-- name: q(level)\nSELECT id, level FROM lab.events\nWHERE level = :level;"
    assert nullable(analyser.analyse(read(text))) == {"id": False, "level": False}
    marked = analyser.analyse(read(f"{text}  -- @optional\n"))
    assert nullable(marked) == {"id": False, "level": True}


def test_nullable_with_a_condition(analyser: QueryAnalyser) -> None:
    """A foreign key finds its row, but not where the join asks for more."""
    text = (
        "-- name: q(name)\nSELECT owner.id, json_build_object('id', owner.id) AS document\n"
        "FROM lab.events AS event\nLEFT JOIN lab.owners AS owner ON owner.id = event.owner_id\n{}"
    )
    assert nullable(analyser.analyse(read(text.format(";").replace("(name)", "()"))))["id"] is False
    query = analyser.analyse(read(text.format("AND owner.name = :name  -- @optional\n;")))
    assert nullable(query) == {"id": True, "document": False}
    document = query.columns[1].json
    assert isinstance(document, JsonObject)
    assert document.members[0][1].nullable


def test_whole_rows(analyser: QueryAnalyser) -> None:
    """The fields of a whole row are merged one by one; where nothing is known, all are nullable."""
    text = "-- name: q(p)\nSELECT event FROM lab.events AS event\nWHERE event.level = :p;"
    query = analyser.analyse(read(f"{text}  -- @optional\n"))
    (column,) = query.columns
    assert column.row is not None

    def with_row(*row: bool) -> Query:
        return replace(query, columns=(replace(column, row=row or None),))

    one, other = with_row(True, False, False), with_row(False, False, True)
    assert merge(one, other).columns[0].row == (True, False, True)
    assert merge(one, with_row()).columns[0].row is None


@pytest.mark.parametrize(
    ("condition", "cardinality"),
    [
        ("id = :p", Cardinality.ZERO_OR_ONE),
        ("id = :p  -- @optional", Cardinality.MANY),
        ("id = 1\nAND kind = :p  -- @optional", Cardinality.ZERO_OR_ONE),
        ("id = 1\nOR kind = :p  -- @optional", Cardinality.MANY),
    ],
)
def test_cardinality(analyser: QueryAnalyser, condition: str, cardinality: Cardinality) -> None:
    """As many rows as there can be in any variant."""
    query = read(f"-- name: q(p)\nSELECT id FROM lab.events WHERE\n{condition}\n;\n")
    assert analyser.analyse(query).cardinality is cardinality


def test_read_only(analyser: QueryAnalyser) -> None:
    """Read-only where all variants are; tables of all variants."""
    text = "-- name: q(p)\nSELECT id FROM lab.events WHERE\n{} = :p  -- @optional\n;\n"
    assert analyser.analyse(read(text.format("id"))).read_only
    assert not analyser.analyse(read(text.format("nextval('lab.events_id_seq')"))).read_only
    inner = "(SELECT min(id) FROM lab.owners)"
    assert set(analyser.analyse(read(text.format(inner))).tables) == {"lab.events", "lab.owners"}


def test_parameters(analyser: QueryAnalyser) -> None:
    """All parameters, in the order of the declaration, with their numbers in the whole."""
    query = analyser.analyse(
        read(
            "-- name: q(id, level, note)!\nUPDATE lab.events SET\nnote = :note,  -- @optional\n"
            "level = :level  -- @optional\nWHERE id = :id;\n"
        )
    )
    assert [(p.name, p.number, p.optional, p.nullable) for p in query.parameters] == [
        ("id", 3, False, False),
        ("level", 2, True, True),
        ("note", 1, True, True),
    ]


def refused(analyser: QueryAnalyser, text: str) -> str:
    with pytest.raises(SourceError) as raised:
        analyser.analyse(read(text))
    return str(raised.value)


def test_a_mistake_in_the_statement(analyser: QueryAnalyser) -> None:
    """What is wrong with the statement as it is written is said of it."""
    text = "-- name: q(p)\nSELECT id FROM lab.events\nWHERE knd = :p;  -- @optional\n"
    assert refused(analyser, text).startswith(
        'events.sql:3:7: error[PGR203]: column "knd" does not exist\n'
    )


def test_a_mistake_in_an_order(analyser: QueryAnalyser) -> None:
    """The place is that in the annotation, and the variant is named."""
    text = (
        "-- name: q(limit)\n-- Returns events.\n-- @order_by soonest: starts\n"
        "-- @order_by highest: id + :limit, event.lvel DESC\n"
        "SELECT id FROM lab.events AS event ORDER BY starts LIMIT :limit::bigint;\n"
    )
    assert refused(analyser, text) == (
        "events.sql:4:36: error[PGR203]: column event.lvel does not exist, where order_by is "
        "highest\n"
        "  |\n"
        "4 | -- @order_by highest: id + :limit, event.lvel DESC\n"
        "  |                                    ^^^^^^^^^^\n"
        "  = help: events has level"
    )


def test_a_parameter_of_two_types(analyser: QueryAnalyser) -> None:
    """One prepared statement each, but one Python signature for all."""
    text = (
        "-- name: q(count)\n-- @order_by soonest: starts\n-- @order_by odd: id + :count\n"
        "SELECT id FROM lab.events ORDER BY starts LIMIT :count;\n"
    )
    assert refused(analyser, text) == (
        "events.sql:1:10: error[PGR211]: parameter count is of type integer, and else of type "
        "bigint, where order_by is odd\n"
        "  |\n"
        "1 | -- name: q(count)\n"
        "  |          ^\n"
        "  = help: say what type it is wherever it stands, such as :count::bigint"
    )


def test_names_of_variants() -> None:
    """As a message says them."""
    query = read(
        "-- name: q(c, b, a)\n-- @order_by up: id\n-- @order_by down: id DESC\n"
        "SELECT 1 FROM t WHERE\na = :a  -- @optional\nAND b = :b  -- @optional\n"
        "AND c = :c  -- @optional\nORDER BY id;\n"
    )

    def name(absent: set[int], order: str) -> str:
        choice = Choice(frozenset(absent), order)
        return naming(query, query.variants.variant(query.sql, query.positions, choice))

    assert name(set(), "up") == ""
    assert name(set(), "down") == ", where order_by is down"
    assert name({1}, "up") == ", where b is left out"
    assert name({0, 1, 2}, "down") == ", where c, b and a are left out and order_by is down"


def test_signature(server_url: str, tmp_path: Path) -> None:
    """The generated method, as a person would write it."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "events.sql").write_text(
        "-- name: find(owner, kind, note, count)\n-- Finds events.\n"
        "-- @order_by first: id\n-- @order_by last: id DESC\n-- @param count = 10\n"
        "SELECT id FROM lab.events WHERE\nowner_id = :owner\nAND kind = :kind  -- @optional\n"
        "AND note IS NOT DISTINCT FROM :note  -- @optional\nORDER BY id\nLIMIT :count;\n",
        encoding="utf-8",
    )
    domain = DomainFiles("lab", tmp_path, tmp_path, queries, None)
    (tmp_path / "V001__lab.sql").write_text((HERE / "schema.sql").read_text("utf-8"), "utf-8")
    module = compile_domain(domain, server_url)["events.py"]
    assert (
        '''
    def find(
        self,
        *,
        owner: int,
        kind: EventKind | Unset = UNSET,
        note: str | Unset | None = UNSET,
        count: int = 10,
        order_by: Literal["first", "last"] = "first",
    ) -> list[Find]:
        """Finds events.

        Reads events. SQL: find in queries/events.sql.
        """
        return self._all(_FIND, owner, kind, note, count, order_by=order_by)

    def stream_find(
        self,
        *,
        owner: int,
        kind: EventKind | Unset = UNSET,
        note: str | Unset | None = UNSET,
        count: int = 10,
        order_by: Literal["first", "last"] = "first",
    ) -> Stream[Find]:
        """Streams the rows of find through a server-side cursor."""
        return self._stream(_FIND, owner, kind, note, count, order_by=order_by)
'''
        in module
    )


def test_errors_do_not_hide_each_other(server_url: str, tmp_path: Path) -> None:
    """A mistake in one variant of one query is one error among those of the file."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "events.sql").write_text(
        "-- name: a()\n-- @order_by up: id\n-- @order_by no: nothing\n"
        "SELECT id FROM lab.events ORDER BY id;\n\n"
        "-- name: b(p)\nSELECT id\nFROM lab.events  -- @optional\nWHERE id = :p;\n",
        encoding="utf-8",
    )
    (tmp_path / "V001__lab.sql").write_text((HERE / "schema.sql").read_text("utf-8"), "utf-8")
    domain = DomainFiles("lab", tmp_path, tmp_path, queries, None)
    with pytest.raises(CompilationError) as raised:
        compile_domain(domain, server_url)
    assert [(error.code, error.line) for error in raised.value.errors] == [
        ("PGR203", 3),
        ("PGR133", 8),
    ]
