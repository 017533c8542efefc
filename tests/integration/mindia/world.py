"""A tenant with one row in every table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    import uuid

    import psycopg

# In an order that foreign keys allow. A value is SQL; %(tenant_id)s is the tenant.
OF_TENANT: LiteralString = "md5(%(tenant_id)s::text)::uuid"
ROWS: dict[LiteralString, dict[LiteralString, LiteralString]] = {
    "users": {"email": "'ada@example.org'", "password_hash": "'hash'"},
    "images": {
        "id": OF_TENANT,
        "filename": "'a.jpg'",
        "original_filename": "'A.JPG'",
        "s3_key": "'images/a.jpg'",
        "s3_url": "'https://cdn.example.com/a.jpg'",
        "content_type": "'image/jpeg'",
        "file_size": "1000",
    },
    "videos": {"filename": "'a.mp4'", "s3_key": "'videos/a.mp4'", "file_size": "2000"},
    "audios": {"filename": "'a.wav'", "s3_key": "'audios/a.wav'", "file_size": "3000"},
    "documents": {"filename": "'a.pdf'", "s3_key": "'documents/a.pdf'", "file_size": "4000"},
    "embeddings": {
        "entity_id": OF_TENANT,
        "entity_type": "'image'",
        "description": "'a harbour'",
        "embedding": "array_fill(1, ARRAY[768])::vector",
        "model_name": "'model'",
    },
    "request_logs": {
        "method": "'GET'",
        "path": "'/images'",
        "status_code": "200",
        "response_time_ms": "12",
    },
    "webhooks": {
        "id": OF_TENANT,
        "url": "'https://example.org/hook'",
        "events": "'{image.uploaded}'",
    },
    "webhook_events": {
        "webhook_id": OF_TENANT,
        "event_type": "'image.uploaded'",
        "payload": "'{}'",
    },
    "tasks": {"task_type": "'generate_embedding'", "payload": "'{}'"},
}
TABLES = tuple(ROWS)


def insertion(table: LiteralString) -> LiteralString:
    """Adds the table's row to the tenant %(tenant_id)s."""
    columns = ", ".join(ROWS[table])
    values = ", ".join(ROWS[table].values())
    return (
        f"INSERT INTO mindia.{table} (tenant_id, {columns}) VALUES (%(tenant_id)s::uuid, {values})"
    )


def insert(connection: psycopg.Connection[Any], table: LiteralString, tenant_id: uuid.UUID) -> None:
    """Adds the table's row to a tenant."""
    connection.execute(insertion(table), {"tenant_id": tenant_id})


def fill(connection: psycopg.Connection[Any], tenant_id: uuid.UUID) -> None:
    """Adds one row to every table."""
    for table in TABLES:
        insert(connection, table, tenant_id)


def count(connection: psycopg.Connection[Any], table: LiteralString) -> int:
    """How many rows of a table the session sees."""
    row = connection.execute(f"SELECT count(*) FROM mindia.{table}").fetchone()
    assert row is not None
    number: int = row[0]
    return number
