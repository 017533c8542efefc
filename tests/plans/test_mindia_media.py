"""What mindia's reads touch in the scope of a tenant: the page that is asked for, and no more.

The plans are generic ones, those that a prepared statement ends up with, and are those of a role
that is held to policies: there PostgreSQL keeps conditions away from the indexes that it would use
for a superuser. They are executed, so that it is rows that are counted and not guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from tests.plans.explained import (
    executed_query,
    filled_database,
    indexes,
    kinds,
    queries_of,
    rows_read,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from tests.plans.explained import Plan

KINDS = ("image", "video", "audio", "document")
FILES = 1000  # of a kind, that a large tenant has; a small one has a hundredth
LIMIT = 10
READ_AHEAD = 32 + 1  # an incremental sort begins with 32 rows, and one to know where a tie ends

# Ten large tenants and ten small ones. A file of each kind a minute, all kinds in the same one.
FILES_OF_TENANTS = f"""
FROM generate_series(1, 20) AS n
CROSS JOIN generate_series(1, {FILES}) AS f
CROSS JOIN LATERAL (
    SELECT timestamptz '2026-01-01 00:00:00+00' + f * interval '1 minute' AS at,
    repeat('https://cdn.example.com/', 8) AS url
) AS made
WHERE n <= 10 OR f <= {FILES} / 100
"""
FILL: tuple[LiteralString, ...] = (
    # VACUUM takes rows for visible to all only once their commit is on the disk.
    "SET synchronous_commit = on",
    "SET session_replication_role = replica",
    """
    INSERT INTO mindia.tenants (id, name, s3_bucket, s3_region)
    SELECT md5('tenant ' || n)::uuid, 'Tenant', 'bucket-' || n, 'eu'
    FROM generate_series(1, 20) AS n
    """,
    """
    INSERT INTO mindia.users (id, tenant_id, email, password_hash, created_at)
    SELECT
        md5('user ' || n || ' ' || f)::uuid, md5('tenant ' || n)::uuid, 'User' || f || '@load.org',
        'hash', made.at
    """
    + FILES_OF_TENANTS,
    """
    INSERT INTO mindia.images (
        id, tenant_id, filename, original_filename, s3_key, s3_url, content_type, file_size,
        uploaded_at
    )
    SELECT
        md5('image ' || n || ' ' || f)::uuid, md5('tenant ' || n)::uuid, 'a', 'a', made.url,
        made.url, 'a', 1, made.at
    """
    + FILES_OF_TENANTS,
    """
    INSERT INTO mindia.videos (
        id, tenant_id, filename, s3_key, file_size, processing_status, uploaded_at
    )
    SELECT
        md5('video ' || n || ' ' || f)::uuid, md5('tenant ' || n)::uuid, 'a', made.url, 1,
        CASE WHEN f % 20 = 0 THEN 'pending' ELSE 'completed' END::mindia.processing_status, made.at
    """
    + FILES_OF_TENANTS,
    """
    INSERT INTO mindia.audios (id, tenant_id, filename, s3_key, file_size, uploaded_at)
    SELECT
        md5('audio ' || n || ' ' || f)::uuid, md5('tenant ' || n)::uuid, 'a', made.url, 1, made.at
    """
    + FILES_OF_TENANTS,
    """
    INSERT INTO mindia.documents (id, tenant_id, filename, s3_key, file_size, uploaded_at)
    SELECT
        md5('document ' || n || ' ' || f)::uuid, md5('tenant ' || n)::uuid, 'a', made.url, 1,
        made.at
    """
    + FILES_OF_TENANTS,
    "SET session_replication_role = origin",
    """
    VACUUM (ANALYZE)
        mindia.tenants, mindia.users, mindia.images, mindia.videos, mindia.audios, mindia.documents
    """,
    "SET plan_cache_mode = force_generic_plan",
)
LARGE, SMALL = "md5('tenant 7')::uuid", "md5('tenant 17')::uuid"
DEEP = {
    "before_uploaded_at": "'2026-01-01 02:00:00+00'",
    "before_created_at": "'2026-01-01 02:00:00+00'",
    "before_id": "'80000000-0000-0000-0000-000000000000'",
}
ARGUMENTS = {
    "tenant_id": LARGE,
    "media_id": "md5('audio 7 3')::uuid",
    "image_id": "md5('image 7 3')::uuid",
    "video_id": "md5('video 7 3')::uuid",
    "audio_id": "md5('audio 7 3')::uuid",
    "document_id": "md5('document 7 3')::uuid",
    "user_id": "md5('user 7 3')::uuid",
    "email": "'USER3@load.org'",
    "kind": "'audio'",
    "status": "'active'",
    "processing_status": "'pending'",
    "limit": str(LIMIT),
}


@pytest.fixture(scope="module")
def filled(server_url: str, mindia_noproc: NoopExecutor) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database that is filled once for all tests: they only read."""
    yield from filled_database(server_url, mindia_noproc, FILL)


@pytest.fixture
def scope(filled: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The connection, held to the policies of the large tenant."""
    filled.execute(f"SELECT set_config('mindia.tenant_id', ({LARGE})::text, false)")
    filled.execute("SET ROLE mindia_app")
    yield filled
    filled.execute("RESET ROLE")
    filled.execute("RESET mindia.tenant_id")


def executed(connection: psycopg.Connection[Any], name: str, *given: str, **arguments: str) -> Plan:
    """The plan of a variant as it ran, the one with these optional parameters."""
    return executed_query(connection, queries_of("mindia")[name], given, ARGUMENTS | arguments)


@pytest.mark.parametrize("arguments", [{}, DEEP], ids=["first", "deep"])
def test_media_page(scope: psycopg.Connection[Any], arguments: dict[str, str]) -> None:
    """Four index scans are merged; nothing is sorted but what has the same time and id."""
    found = executed(scope, "media_page", **arguments)
    assert found[0]["Actual Rows"] == LIMIT
    assert {"Merge Append", "Incremental Sort"} <= kinds(found)
    assert "Sort" not in kinds(found)
    assert indexes(found) == {f"{kind}s_tenant_id_uploaded_at_idx" for kind in KINDS}
    assert "Seq Scan" not in kinds(found)
    assert rows_read(found) <= READ_AHEAD + len(KINDS)


def test_media_page_is_flat(filled: psycopg.Connection[Any]) -> None:
    """A hundred times the files, and no more rows are read for a page."""
    few = executed(filled, "media_page", tenant_id=SMALL)
    many = executed(filled, "media_page")
    assert few[0]["Actual Rows"] == many[0]["Actual Rows"] == LIMIT
    assert rows_read(few) <= rows_read(many) <= READ_AHEAD + len(KINDS)


@pytest.mark.parametrize("arguments", [{}, DEEP], ids=["first", "deep"])
def test_media_page_of_one_kind(scope: psycopg.Connection[Any], arguments: dict[str, str]) -> None:
    """The other three kinds are not looked at."""
    found = executed(scope, "media_page", "kind", **arguments)
    assert found[0]["Actual Rows"] == LIMIT
    read = {node.get("Relation Name") for node in found if node["Actual Rows"]} - {None}
    assert read == {"audios"}
    assert "Sort" not in kinds(found)
    assert rows_read(found) <= READ_AHEAD + 1


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("images_page", "images_tenant_id_uploaded_at_idx"),
        ("videos_page", "videos_tenant_id_uploaded_at_idx"),
        ("audios_page", "audios_tenant_id_uploaded_at_idx"),
        ("documents_page", "documents_tenant_id_uploaded_at_idx"),
        ("users_page", "users_tenant_id_created_at_idx"),
    ],
)
def test_deep_pages(scope: psycopg.Connection[Any], name: str, index: str) -> None:
    """A page begins in the index where it begins, under policies too."""
    found = executed(scope, name, **DEEP)
    assert found[0]["Actual Rows"] == LIMIT
    assert indexes(found) == {index}
    assert not {"Sort", "Seq Scan"} & kinds(found)
    assert rows_read(found) == LIMIT


def test_unprocessed_videos(scope: psycopg.Connection[Any]) -> None:
    """Only what is not completed is read, with a status as without one."""
    for given in ((), ("processing_status",)):
        found = executed(scope, "unprocessed_videos", *given)
        assert found[0]["Actual Rows"] == LIMIT
        assert indexes(found) == {"videos_tenant_id_unprocessed_idx"}
        assert "Sort" not in kinds(found)
        assert rows_read(found) == LIMIT


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("image_by_id", "images_pkey"),
        ("video_by_id", "videos_pkey"),
        ("audio_by_id", "audios_pkey"),
        ("document_by_id", "documents_pkey"),
        ("user_by_id", "users_pkey"),
        ("user_by_email", "users_email_lower_tenant_id_key"),
        ("user_credentials", "users_email_lower_tenant_id_key"),
    ],
)
def test_single_rows(scope: psycopg.Connection[Any], name: str, index: str) -> None:
    """One probe, one row."""
    found = executed(scope, name)
    assert indexes(found) == {index}
    assert rows_read(found) == found[0]["Actual Rows"] == 1


def test_media_by_id(scope: psycopg.Connection[Any]) -> None:
    """A probe for each kind, one of which finds it."""
    found = executed(scope, "media_by_id")
    assert indexes(found) == {f"{kind}s_pkey" for kind in KINDS}
    assert rows_read(found) == found[0]["Actual Rows"] == 1


def test_storage(scope: psycopg.Connection[Any]) -> None:
    """Index entries alone are read: of this tenant, and without its rows."""
    found = executed(scope, "storage_by_tenant")
    assert indexes(found) == {f"{kind}s_tenant_id_uploaded_at_idx" for kind in KINDS}
    assert {node["Node Type"] for node in found if "Relation Name" in node} == {"Index Only Scan"}
    assert sum(node.get("Heap Fetches", 0) for node in found) == 0
    assert rows_read(found) == len(KINDS) * FILES


def test_accounts_of_email(filled: psycopg.Connection[Any]) -> None:
    """An operator finds the accounts of an email, and no others."""
    filled.execute("SET ROLE mindia_operator")
    found = executed(filled, "accounts_of_email")
    filled.execute("RESET ROLE")
    assert "users_email_lower_tenant_id_key" in indexes(found)
    assert "Seq Scan" not in {
        node["Node Type"] for node in found if node.get("Relation Name") == "users"
    }
    accounts = [node for node in found if node.get("Relation Name") == "users"]
    # At most all accounts of the email, of which each tenant has one.
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in accounts) <= 20
