"""The names that reference documents use, kept as data, and those that a database has.

A file of names has lines of a kind each: the kind, a name, and what belongs to it. Columns stand
below their table, indented, with their types as the document writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import psycopg

    Columns = dict[str, str]

# Types that PostgreSQL writes in another way than the documents do.
_SPELT = {"varchar": "character varying", "timestamptz": "timestamp with time zone"}


def entries(file: Path, kind: str) -> list[list[str]]:
    """The words of each line of a kind, the kind left out."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split()[1:] for line in lines if line.startswith(f"{kind} ")]


def columns_named(file: Path, spelt: Mapping[str, str]) -> dict[str, Columns]:
    """The columns of each table that a file names, with their types as PostgreSQL writes them.

    Args:
        file: the file.
        spelt: how types are written that are peculiar to it.
    """
    tables: dict[str, Columns] = {}
    columns: Columns = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            name, type_name = line.split()
            base, bracket, rest = type_name.partition("(")
            columns[name] = {**_SPELT, **spelt}.get(base, base) + bracket + rest
        elif line.startswith("table "):
            columns = tables.setdefault(line.split()[1], {})
    return tables


def columns_of(connection: psycopg.Connection[Any], schema: str) -> dict[str, Columns]:
    """The columns of each table of a schema, with their types; partitions are left out."""
    rows = connection.execute(
        """
        SELECT class.relname, attribute.attname,
            format_type(attribute.atttypid, attribute.atttypmod)
        FROM pg_attribute AS attribute
        INNER JOIN pg_class AS class ON class.oid = attribute.attrelid
        WHERE
            class.relnamespace = %s::regnamespace
            AND class.relkind IN ('r', 'p')
            AND NOT class.relispartition
            AND attribute.attnum > 0
            AND NOT attribute.attisdropped
        """,
        (schema,),
    )
    found: dict[str, Columns] = {}
    for table, column, type_name in rows:
        found.setdefault(table, {})[column] = type_name
    return found


def differences(live: Mapping[str, Columns], wanted: Mapping[str, Columns]) -> list[str]:
    """The wanted columns that are missing or of another type, each with the type it has."""
    return [
        f"{table}.{name}: {live.get(table, {}).get(name)} instead of {type_name}"
        for table, columns in wanted.items()
        for name, type_name in columns.items()
        if live.get(table, {}).get(name) != type_name
    ]
