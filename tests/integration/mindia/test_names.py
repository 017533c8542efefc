"""Every enum, table, column and index purpose of the reference document exists."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.integration.reference_names import columns_named, columns_of, differences, entries

REFERENCE = Path(__file__).with_name("reference_names.txt")

# Mended: a worker that holds a delivery says so, and a task can be called off.
VALUES_BEYOND = {"delivery_status": ["delivering"], "task_status": ["cancelled"]}

# Mended: keys and searches begin with the tenant, what the document indexes under a name that the
# table does not have is meant, and an index on a status holds the rows of that status.
INSTEAD = {
    "idx_users_email": "users_email_lower_tenant_id_key",
    "idx_images_tenant": "images_tenant_id_uploaded_at_idx",
    "embeddings_entity_id_entity_type_key": "embeddings_tenant_id_entity_id_entity_type_key",
    "idx_embeddings_vector": "embeddings_embedding_idx",
    "idx_images_tenant_created": "images_tenant_id_uploaded_at_idx",
    "idx_videos_tenant_created": "videos_tenant_id_uploaded_at_idx",
    "idx_embeddings_entity": "embeddings_tenant_id_entity_id_entity_type_key",
    "idx_request_logs_path": "request_logs_tenant_id_path_created_at_idx",
    "idx_request_logs_status": "request_logs_tenant_id_status_code_created_at_idx",
    "idx_tasks_status": "tasks_tenant_id_task_type_priority_scheduled_for_idx",
}
ENUMS = entries(REFERENCE, "enum")
SPELT = {
    "float": "double precision",
    # Mended: four billion embeddings are within reach, and of numbers one kind is enough.
    "bigserial": "bigint",
    "serial": "bigint",
} | {name: f"mindia.{name}" for name, *_ in ENUMS}


def indexes(url: str) -> dict[str, tuple[str, list[str], str]]:
    """Of each index its table, its columns in order, and its method."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT class.relname, holder.relname, method.amname,
                ARRAY(
                    SELECT pg_get_indexdef(class.oid, place, true)
                    FROM generate_series(1, indexed.indnkeyatts) AS place
                )
            FROM pg_index AS indexed
            INNER JOIN pg_class AS class ON class.oid = indexed.indexrelid
            INNER JOIN pg_class AS holder ON holder.oid = indexed.indrelid
            INNER JOIN pg_am AS method ON method.oid = class.relam
            WHERE class.relnamespace = 'mindia'::regnamespace AND NOT class.relispartition
            """
        )
        return {name: (table, columns, method) for name, table, method, columns in rows}


def test_the_reference_is_whole() -> None:
    """Eleven tables; an empty file would make the other tests say nothing."""
    tables = columns_named(REFERENCE, SPELT)
    assert len(tables) == 11
    assert sum(map(len, tables.values())) == 98
    assert len(ENUMS) == 7
    assert len(entries(REFERENCE, "index")) == 14


def test_tables_and_columns(mindia_url: str) -> None:
    """Nothing is missing or of another type, and there is no table besides."""
    with psycopg.connect(mindia_url) as connection:
        live = columns_of(connection, "mindia")
    wanted = columns_named(REFERENCE, SPELT)
    assert set(live) == set(wanted)
    assert differences(live, wanted) == []


def test_enums(mindia_url: str) -> None:
    """Each has the document's values in the document's order, and no more than is said above."""
    with psycopg.connect(mindia_url) as connection:
        rows = connection.execute(
            "SELECT typname, array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum"
            " INNER JOIN pg_type ON pg_type.oid = enumtypid"
            " WHERE typnamespace = 'mindia'::regnamespace GROUP BY typname"
        )
        live: dict[str, list[str]] = dict(rows.fetchall())
    assert set(live) == {name for name, *_ in ENUMS}
    for name, *values in ENUMS:
        beyond = VALUES_BEYOND.get(name, [])
        assert [value for value in live[name] if value not in beyond] == values
        assert set(live[name]) == {*values, *beyond}


@pytest.mark.parametrize("wanted", entries(REFERENCE, "index"), ids=lambda wanted: wanted[0])
def test_index_purposes(wanted: list[str], mindia_url: str) -> None:
    """What each index of the document is for, an index does: that one, or the one in its place."""
    name, table, *columns = wanted
    live = indexes(mindia_url)
    if "ivfflat" in columns:
        columns = columns[:-1]
    if name not in INSTEAD:
        assert any(
            holder == table and held[: len(columns)] == columns for holder, held, _ in live.values()
        )
        return
    holder, held, method = live[INSTEAD[name]]
    assert holder == table
    assert method == ("hnsw" if columns == ["embedding"] else "btree")
    renamed = {"email": "email_lower"} | (
        {"created_at": "uploaded_at"} if table in {"images", "videos"} else {}
    )
    # The status of a task is in the predicate of its index.
    needed = [renamed.get(column, column) for column in columns if column != "status"]
    assert [column for column in held if column in needed] == needed
    assert set(held) - set(needed) <= {"tenant_id", "id", "task_type", "priority"}
