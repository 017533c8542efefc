"""What `@optional` and `@order_by` say of a query: to the compiler and at run time alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgrepo.errors import SourceError
from pgrepo.sqlfiles.library import load_queries
from pgrepo.sqlfiles.queries import NamedQuery, QueryFile, read_queries
from pgrepo.sqlfiles.source import Source
from pgrepo.sqlfiles.variants import Choice

SEARCH = """\
-- name: search(status, low, high, label, limit)
-- Returns what matches.
-- @order_by newest: created_at DESC, id
-- @order_by oldest: created_at, id
SELECT id
FROM t
WHERE
    t.status = :status  -- @optional
    AND t.level BETWEEN :low
        AND :high  -- @optional
    AND EXISTS (
        SELECT 1
        FROM u
        WHERE u.id = t.id AND u.label = :label
    )  -- @optional
ORDER BY created_at DESC, id
LIMIT :limit;
"""


def read(text: str) -> QueryFile:
    return read_queries(Source(text, Path("q.sql"), "q.sql"))


def read_one(text: str) -> NamedQuery:
    file = read(text)
    assert not file.errors, file.errors[0]
    return file.queries[0]


def test_a_search() -> None:
    """Options in the order of the statement, orders in that of their lines."""
    variants = read_one(SEARCH).variants
    assert [option.parameters for option in variants.options] == [
        ("status",),
        ("low", "high"),
        ("label",),
    ]
    assert variants.parameters == {"status", "low", "high", "label"}
    assert variants.ordering is not None
    assert [(order.name, order.text) for order in variants.ordering.orders] == [
        ("newest", "created_at DESC, id"),
        ("oldest", "created_at, id"),
    ]
    assert variants.whole == Choice(frozenset(), "newest")
    assert variants.count == len(list(variants.choices())) == len(set(variants.choices())) == 16
    assert next(variants.choices()) == variants.whole


def test_annotations_are_no_prose() -> None:
    """The doc comment is what is left of it."""
    assert read_one(SEARCH).doc == "Returns what matches."


def test_nothing_varies() -> None:
    """Most queries are what they are."""
    query = read_one("-- name: q(a)\nSELECT :a  -- an option\n;\n")
    assert not query.variants
    assert list(query.variants.choices()) == [query.variants.whole] == [Choice(frozenset(), None)]
    assert query.variants.count == 1


EXISTS = ["AND EXISTS (", "SELECT 1", "FROM u", "WHERE u.b = t.b", "AND u.c = :c", ")"]


@pytest.mark.parametrize("line", [0, 1, 2, 5])
def test_any_line_of_a_predicate(line: int) -> None:
    """A predicate of several lines can be marked on those that say nothing else."""
    query = read_exists(line)
    variant = query.variants.variant(query.sql, query.positions, Choice(frozenset({0}), None))
    assert " ".join(variant.sql.split()) == "SELECT 1 FROM t WHERE TRUE AND TRUE"


def read_exists(line: int) -> NamedQuery:
    lines = [text + "  -- @optional" * (number == line) for number, text in enumerate(EXISTS)]
    return read_one("-- name: q(c)\nSELECT 1 FROM t WHERE TRUE\n" + "\n".join(lines) + "\n;\n")


def test_the_smallest_part_is_meant() -> None:
    """A line of an inner condition marks that, and not what is around it."""
    query = read_exists(4)
    variant = query.variants.variant(query.sql, query.positions, Choice(frozenset({0}), None))
    assert "u.b = t.b\nAND TRUE\n)" in variant.sql


@pytest.mark.parametrize(
    "text",
    [
        "WHERE a = :p;  -- @optional",
        "WHERE\na = :p  -- @optional\n;",
        "WHERE a = :p  --   @optional  \n",
        "WHERE b AND\na = :p AND  -- @optional\nc",
        "WHERE b\nOR a = :p  -- @optional",
        "WHERE\n(a = :p OR b = :p)  -- @optional\nAND c",
        "WHERE a = E'\\n -- @optional'\nAND b = :p  -- @optional",
        "JOIN u\nON u.a = :p  -- @optional\nJOIN v ON TRUE",
        "GROUP BY a\nHAVING a = :p  -- @optional",
    ],
)
def test_places(text: str) -> None:
    """Wherever a condition stands, and however its lines are broken."""
    (option,) = read_one(f"-- name: q(p)\nSELECT a FROM t\n{text}\n").variants.options
    assert option.parameters == ("p",)
    assert len(option.parts) == 1


def test_parts_that_share_a_parameter() -> None:
    """They are one option, also through a third one between them."""
    query = read_one(
        "-- name: q(a, b, c, d)\nSELECT 1 FROM t WHERE\n"
        "x = :a  -- @optional\nAND y = :d  -- @optional\nAND z = :c  -- @optional\n"
        "AND f(:a, :b)  -- @optional\nAND g(:b, :c)  -- @optional\n;\n"
    )
    options = query.variants.options
    assert [option.parameters for option in options] == [("a", "c", "b"), ("d",)]
    assert [len(option.parts) for option in options] == [4, 1]


def test_a_fingerprint_changes_with_what_may_vary() -> None:
    """Each edit means that other code has to be generated; reformatting does not."""
    edits = [
        ("t.status = :status  -- @optional", "t.status = :status"),
        ("    )  -- @optional", "    )"),
        ("oldest: created_at, id", "eldest: created_at, id"),
        ("oldest: created_at, id", "oldest: id"),
        ("-- @order_by oldest: created_at, id\n", ""),
        (
            "-- @order_by newest: created_at DESC, id\n-- @order_by oldest: created_at, id\n",
            "-- @order_by oldest: created_at, id\n-- @order_by newest: created_at DESC, id\n",
        ),
    ]
    texts = [SEARCH, *(SEARCH.replace(old, new) for old, new in edits)]
    fingerprints = [read_one(text).fingerprint for text in texts]
    assert len(set(fingerprints)) == len(texts)
    same = SEARCH.replace("    AND EXISTS (", "\n AND  EXISTS (").replace("oldest: c", "oldest:  c")
    same = same.replace("id\n--", "id   \n--").replace("Returns", "Yields")
    assert read_one(same).fingerprint == fingerprints[0]


def test_a_marker_may_move_within_its_predicate() -> None:
    """It means the same on another line."""
    moved = SEARCH.replace("    )  -- @optional", "    )").replace(
        "EXISTS (", "EXISTS (  -- @optional"
    )
    assert read_one(moved).fingerprint == read_one(SEARCH).fingerprint


def test_both_paths_read_the_same(tmp_path: Path) -> None:
    """The run time finds the variants that the compiler has checked."""
    (tmp_path / "q.sql").write_text(SEARCH, encoding="utf-8")
    loaded, query = load_queries(tmp_path)["search"], read_one(SEARCH)
    assert loaded.variants == query.variants
    assert (loaded.fingerprint, loaded.sql) == (query.fingerprint, query.sql)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("FROM t\n", "FROM t  -- @optional\n", "PGR133"),
        ("LIMIT :limit", "LIMIT :high", "PGR134"),
        ("oldest: created_at, id", "oldest: (", "PGR121"),
        ("ORDER BY created_at DESC, id", "", "PGR135"),
    ],
)
def test_both_paths_refuse_the_same(tmp_path: Path, old: str, new: str, code: str) -> None:
    """What is wrong at run time is told as exactly as by the compiler."""
    text = SEARCH.replace(old, new).replace(
        ", limit)", ")" if "limit" in old.lower() else ", limit)"
    )
    (tmp_path / "q.sql").write_text(text, encoding="utf-8")
    (expected, *_) = read(text).errors
    with pytest.raises(SourceError) as raised:
        load_queries(tmp_path)
    assert raised.value.code == expected.code == code
    assert (raised.value.message, raised.value.line) == (expected.message, expected.line)


def test_as_many_variants_as_there_may_be() -> None:
    """The last count that is accepted; one more option or order is one too many (PGR136)."""
    names = [f"p{number}" for number in range(10)]
    lines = "".join(f"AND t.{name} = :{name}  -- @optional\n" for name in names)
    query = read_one(f"-- name: q({', '.join(names)})\nSELECT 1 FROM t WHERE a\n{lines};\n")
    assert query.variants.count == 1024
