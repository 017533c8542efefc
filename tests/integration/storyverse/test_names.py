"""Every table and column of the reference document exists, under its name."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.integration.reference_names import columns_named, columns_of, differences

REFERENCE = Path(__file__).with_name("reference_names.txt")

# Mended: a partitioned table cannot hold a key without the column it is partitioned by, so the
# column stays and job_idempotency_keys makes it unique.
TABLES_BEYOND = {"job_idempotency_keys"}


def test_the_reference_is_whole() -> None:
    """Fourteen tables; an empty file would make the next test say nothing."""
    tables = columns_named(REFERENCE, {})
    assert len(tables) == 14
    assert sum(map(len, tables.values())) == 151


def test_tables_and_columns(storyverse_url: str) -> None:
    """Nothing is missing or of another type, and no table is there without a word about it."""
    with psycopg.connect(storyverse_url) as connection:
        live = columns_of(connection, "storyverse")
    wanted = columns_named(REFERENCE, {})
    assert set(live) - set(wanted) == TABLES_BEYOND
    assert differences(live, wanted) == []
