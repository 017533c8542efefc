"""Every function, operator and cast of PostgreSQL's own on special values.

Where the compiler says that one returns no NULL for arguments that are not NULL, it is called with
every combination of the values below, and must not.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.errors import SourceError

from .laboratory import Laboratory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# As PostgreSQL calls the types; what a type does not take is left out of its table.
_VALUES = {
    "bool": ["f", "t"],
    "int2": ["0", "1", "-1"],
    "int4": ["0", "1", "-1", "2147483647"],
    "int8": ["0", "2", "-9223372036854775808"],
    "float4": ["0", "1.5", "NaN", "Infinity"],
    "float8": ["0", "-1.5", "NaN", "Infinity", "-Infinity"],
    "numeric": ["0", "1.5", "-1", "NaN", "Infinity"],
    "money": ["0", "-1.5"],
    "oid": ["0", "1", "2950"],
    "text": ["", "a", "é_%", "{}", "1", "day", "UTC", "hex", "("],
    "varchar": ["", "a"],
    "bpchar": ["", "a "],
    "name": ["", "UTF8"],
    "char": ["", "a"],
    "bytea": ["", "\\x00ff"],
    "bit": ["", "1"],
    "varbit": ["", "101"],
    "date": ["infinity", "-infinity", "2024-02-29", "0001-01-01 BC"],
    "time": ["00:00", "24:00"],
    "timetz": ["00:00+00", "24:00-12"],
    "timestamp": ["infinity", "-infinity", "2024-02-29 12:00"],
    "timestamptz": ["infinity", "-infinity", "2024-02-29 12:00Z"],
    "interval": ["0", "1 mon -1 day 0.5 s", "infinity", "-infinity"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "018f4b2e-0000-7000-8000-000000000000"],
    "inet": ["::1", "10.0.0.0/8"],
    "cidr": ["::/0", "10.0.0.0/8"],
    "macaddr": ["00:00:00:00:00:00"],
    "macaddr8": ["00:00:00:00:00:00:00:00"],
    "tsvector": ["", "a:1A b"],
    "tsquery": ["", "a & !b"],
    "regconfig": ["simple"],
    "int4[]": ["{}", "{NULL}", "{1,2}", "{{1,NULL},{2,3}}"],
    "text[]": ["{}", "{NULL}", "{a,NULL,b}"],
    "float8[]": ["{}", "{0.1,0.2,0.4,1}"],
    "int4range": ["empty", "(,)", "[1,5)", "(,5)"],
    "int4multirange": ["{}", "{(,)}", "{[1,2),[5,)}"],
    "json": ["null", "{}", "[]", '{"k": null}', "1", '"a"'],
    "jsonb": ["null", "{}", "[]", '{"k": null}', "1", '"a"', "[null]"],
    "jsonpath": ["$", "$.k"],
    "point": ["(0,0)", "(NaN,1)"],
    "box": ["(1,1),(0,0)"],
    "circle": ["<(0,0),0>", "<(0,0),1>"],
    "lseg": ["[(0,0),(0,0)]", "[(0,0),(1,1)]"],
    "path": ["((0,0))", "[(0,0),(1,1)]"],
    "polygon": ["((0,0))", "((0,0),(1,1),(1,0))"],
    "line": ["{1,1,0}", "{0,1,0}"],
}
_POLYMORPHIC = {
    "anyelement": "int4", "anycompatible": "int4", "anynonarray": "int4",
    "anyarray": "int4[]", "anycompatiblearray": "int4[]",
    "anyrange": "int4range", "anycompatiblerange": "int4range",
    "anymultirange": "int4multirange", "anycompatiblemultirange": "int4multirange",
}  # fmt: skip

_FUNCTIONS = """
SELECT DISTINCT p.proname, (
    SELECT array_agg(CASE WHEN e.oid IS NULL THEN t.typname ELSE e.typname || '[]' END ORDER BY o)
    FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (oid, o)
    JOIN pg_type AS t ON t.oid = a.oid
    LEFT JOIN pg_type AS e ON e.typarray = t.oid
)
FROM pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset
    AND p.pronargs BETWEEN 1 AND 4 AND p.provariadic = 0
"""
_OPERATORS = """
SELECT o.oprname, l.typname, le.typname, r.typname, re.typname
FROM pg_operator AS o
LEFT JOIN pg_type AS l ON l.oid = o.oprleft
LEFT JOIN pg_type AS le ON le.typarray = l.oid
JOIN pg_type AS r ON r.oid = o.oprright
LEFT JOIN pg_type AS re ON re.typarray = r.oid
WHERE o.oprnamespace = 'pg_catalog'::regnamespace
"""
_ATTEMPT = """
CREATE FUNCTION attempt(expression text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE is_null boolean;
BEGIN
    EXECUTE 'SELECT (' || expression || ') IS NULL' INTO is_null;
    RETURN is_null;
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END
$$
"""


def _build(connection: psycopg.Connection[Any]) -> None:
    """A table of values for every type, and what tells whether an expression is NULL."""
    connection.execute(_ATTEMPT)
    for name, values in _VALUES.items():
        spelt = f'pg_catalog."{name}"' if "[" not in name else name
        connection.execute(f'CREATE TABLE "{name}" (v {spelt} NOT NULL)')
        for value in values:
            try:
                connection.execute(f'INSERT INTO "{name}" VALUES (%s::text::{spelt})', (value,))
            except psycopg.errors.DataError:
                assert value.endswith("infinity")  # of interval, since 17


@pytest.fixture(scope="module", params=["server_url", "oldest_server_url"])
def values(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    """The tables of special values, on one server after the other."""
    with scratch_database(request.getfixturevalue(request.param)) as connection:
        _build(connection)
        version = connection.info.server_version // 10_000
        analyser = QueryAnalyser(Describer(connection), Catalog(connection))
        with psycopg.connect(connection.info.dsn, autocommit=True) as running:
            yield Laboratory(version, analyser, running)


def refuted(values: Laboratory, form: str, types: Iterable[str]) -> list[tuple[str, ...]] | None:
    """The arguments for which an expression called not-null is NULL; None if it is not.

    Args:
        values: the laboratory.
        form: the expression, with `{}` for its arguments.
        types: theirs.
    """
    names = [_POLYMORPHIC.get(name, name) for name in types]
    if not all(name in _VALUES for name in names):
        return None
    columns = [f"a{number}.v" for number in range(len(names))]
    tables = ", ".join(f'"{name}" AS a{number}' for number, name in enumerate(names))
    try:
        query = values.analyse(f"SELECT {form.format(*columns)} AS v FROM {tables}")
    except SourceError:  # such as an ambiguous name
        return None
    if query.columns[0].nullable:
        return None
    spelt = [f"%L::{name}" if "[" in name else f'%L::pg_catalog."{name}"' for name in names]
    called = form.replace("%", "%%").format(*spelt).replace("'", "''")
    arguments = ", ".join(columns)
    shown = ", ".join(f"{column}::text" for column in columns)
    attempts = f"attempt(format('{called}', {arguments}))"
    sql = f"SELECT {shown} FROM {tables} WHERE {attempts}"
    return values.connection.execute(sql.encode()).fetchall()


def _check(values: Laboratory, forms: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Tries them all; returns how many are called not-null."""
    found = {form: refuted(values, *form) for form in forms}
    wrong = {form: rows[:3] for form, rows in found.items() if rows}
    assert not wrong
    return sum(rows is not None for rows in found.values())


def test_functions(values: Laboratory) -> None:
    """Functions, called by name."""
    rows = values.connection.execute(_FUNCTIONS).fetchall()
    forms = ((f'"{name}"({", ".join(["{}"] * len(types))})', tuple(types)) for name, types in rows)
    assert _check(values, forms) > 200


def test_operators(values: Laboratory) -> None:
    """Operators of one argument and of two."""
    forms = []
    for name, left, left_of, right, right_of in values.connection.execute(_OPERATORS):
        second = f"{right_of}[]" if right_of else right
        first = f"{left_of}[]" if left_of else left
        operator = f"OPERATOR(pg_catalog.{name})".replace("{", "{{")
        if first is None:
            forms.append((f"{operator} {{}}", (second,)))
        else:
            forms.append((f"{{}} {operator} {{}}", (first, second)))
    assert _check(values, forms) > 300


def test_casts(values: Laboratory) -> None:
    """Casts from every type to every other."""
    spelt = [name if "[" in name else f'pg_catalog."{name}"' for name in _VALUES]
    pairs = chain.from_iterable(((source, target) for source in _VALUES) for target in spelt)
    forms = ((f"CAST({{}} AS {target})", (source,)) for source, target in pairs)
    assert _check(values, forms) > 300
