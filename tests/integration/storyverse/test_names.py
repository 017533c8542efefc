"""Every table and column of the reference document exists, under its name."""

from __future__ import annotations

from pathlib import Path

import psycopg

REFERENCE = Path(__file__).with_name("reference_names.txt")

# Mended: a partitioned table cannot hold a key without the column it is partitioned by, so the
# column stays and job_idempotency_keys makes it unique.
TABLES_BEYOND = {"job_idempotency_keys"}


def reference() -> dict[str, dict[str, str]]:
    """The columns of each table, with their types as PostgreSQL calls them."""
    tables: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith(" "):
            name, type_name = line.split()
            columns[name] = type_name
        else:
            columns = tables.setdefault(line.strip(), {})
    return tables


def catalog(url: str) -> dict[str, dict[str, str]]:
    """The same of the live database, partitions left out."""
    found: dict[str, dict[str, str]] = {}
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT class.relname, attribute.attname,
                format_type(attribute.atttypid, attribute.atttypmod)
            FROM pg_attribute AS attribute
            INNER JOIN pg_class AS class ON class.oid = attribute.attrelid
            WHERE
                class.relnamespace = 'storyverse'::regnamespace
                AND class.relkind IN ('r', 'p')
                AND NOT class.relispartition
                AND attribute.attnum > 0
                AND NOT attribute.attisdropped
            """
        )
        for table, column, type_name in rows:
            found.setdefault(table, {})[column] = type_name
    return found


def spelt(type_name: str) -> str:
    """A type of the document as PostgreSQL spells it."""
    return type_name.replace("varchar", "character varying").replace(
        "timestamptz", "timestamp with time zone"
    )


def test_the_reference_is_whole() -> None:
    """Fourteen tables; an empty file would make the next test say nothing."""
    tables = reference()
    assert len(tables) == 14
    assert sum(map(len, tables.values())) == 151


def test_tables_and_columns(storyverse_url: str) -> None:
    """Nothing is missing or of another type, and no table is there without a word about it."""
    live = catalog(storyverse_url)
    wanted = reference()
    assert set(live) - set(wanted) == TABLES_BEYOND
    for table, columns in wanted.items():
        assert {name: live.get(table, {}).get(name) for name in columns} == {
            name: spelt(type_name) for name, type_name in columns.items()
        }, table
