"""What mindia's queues, logs and webhooks touch in the scope of a tenant, and for an operator.

As in test_mindia_media: generic plans, executed, as roles that are held to policies.
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
    scanned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from tests.plans.explained import Plan

ROWS = 2000  # of each table, that a tenant has
LIMIT = 10
TENANT = "md5('tenant 7')::uuid"
ARGUMENTS = {
    "tenant_id": TENANT,
    "task_type": "'generate_embedding'",
    "worker": "'worker'",
    "lease_for": "interval '1 minute'",
    "batch_size": str(LIMIT),
    "webhook_id": "md5('webhook 7')::uuid",
    "path": "'/path/3'",
    "status_code": "500",
    "starts_at": "now() - interval '10 minutes'",
    "ends_at": "now()",
    "min_requests": "1",
    "bucket": "interval '1 hour'",
    "limit": str(LIMIT),
}
DEEP = {
    "before_created_at": "now() - interval '1 minute'",
    "before_uploaded_at": "now() - interval '1 minute'",
    "before_completed_at": "now() - interval '1 minute'",
    "before_finished_at": "now() - interval '1 minute'",
}
ENDED = "CASE WHEN f % 20 = 0 THEN NULL ELSE made.at END"
OF_TENANTS = f"""
FROM generate_series(1, 20) AS n
CROSS JOIN generate_series(1, {ROWS}) AS f
CROSS JOIN LATERAL (SELECT now() - f * interval '1 second' AS at) AS made
"""
FILL: tuple[LiteralString, ...] = (
    "SET synchronous_commit = on",
    "SET session_replication_role = replica",
    """
    INSERT INTO mindia.tenants (id, name, s3_bucket, s3_region)
    SELECT md5('tenant ' || n)::uuid, 'Tenant', 'bucket-' || n, 'eu'
    FROM generate_series(1, 20) AS n
    """,
    """
    INSERT INTO mindia.webhooks (tenant_id, id, url, events)
    SELECT md5('tenant ' || n)::uuid, md5('webhook ' || n)::uuid, 'https://a', '{a}'
    FROM generate_series(1, 20) AS n
    """,
    f"""
    INSERT INTO mindia.tasks (
        tenant_id, task_type, payload, status, priority, created_at, scheduled_for, started_at,
        completed_at, error_message
    )
    SELECT md5('tenant ' || n)::uuid,
        CASE WHEN f % 40 = 0 THEN 'video_transcode' ELSE 'generate_embedding' END::mindia.task_type,
        '{{}}',
        CASE WHEN f % 20 = 0 THEN 'pending' WHEN f % 20 = 1 THEN 'failed' ELSE 'completed' END
            ::mindia.task_status,
        f % 10, made.at, made.at, made.at, {ENDED}, repeat('why ', 20)
    {OF_TENANTS}
    """,
    f"""
    INSERT INTO mindia.webhook_events (
        tenant_id, webhook_id, event_type, payload, delivery_status, created_at, run_at,
        finished_at, error_message
    )
    SELECT md5('tenant ' || n)::uuid, md5('webhook ' || n)::uuid, 'a', '{{}}',
        CASE WHEN f % 20 = 0 THEN 'pending' WHEN f % 20 = 1 THEN 'failed' ELSE 'delivered' END
            ::mindia.delivery_status,
        made.at, made.at, {ENDED}, repeat('why ', 20)
    {OF_TENANTS}
    """,
    f"""
    INSERT INTO mindia.request_logs (
        tenant_id, method, path, status_code, response_time_ms, user_agent, created_at
    )
    SELECT md5('tenant ' || n)::uuid, 'GET', '/path/' || f % 10,
        CASE WHEN f % 20 = 0 THEN 500 ELSE 200 END, f, repeat('agent ', 20), now()
    {OF_TENANTS}
    """,
    f"""
    INSERT INTO mindia.images (
        tenant_id, filename, original_filename, s3_key, s3_url, content_type, file_size, uploaded_at
    )
    SELECT md5('tenant ' || n)::uuid, 'a', 'a', repeat('a', 100), 'a', 'a', 1, made.at
    {OF_TENANTS}
    """,
    "SET session_replication_role = origin",
    "VACUUM (ANALYZE)",
    "SET plan_cache_mode = force_generic_plan",
)


@pytest.fixture(scope="module")
def filled(server_url: str, mindia_noproc: NoopExecutor) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database that is filled once: what a test changes is rolled back."""
    yield from filled_database(server_url, mindia_noproc, FILL)


def executed(connection: psycopg.Connection[Any], name: str, *given: str, **arguments: str) -> Plan:
    """The plan of a variant as it ran, the one with these optional parameters."""
    return executed_query(connection, queries_of("mindia")[name], given, ARGUMENTS | arguments)


@pytest.fixture
def scope(filled: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The connection in the scope of one tenant, in a transaction that is rolled back."""
    with filled.transaction(force_rollback=True):
        filled.execute(f"SELECT set_config('mindia.tenant_id', ({TENANT})::text, true)")
        filled.execute("SET LOCAL ROLE mindia_app")
        yield filled


@pytest.fixture
def operator(filled: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The connection as one who works for all tenants, likewise."""
    with filled.transaction(force_rollback=True):
        filled.execute("SET LOCAL ROLE mindia_operator")
        yield filled


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("tasks_page", "tasks_tenant_id_created_at_idx"),
        ("failed_tasks", "tasks_tenant_id_completed_at_idx"),
        ("deliveries_of_webhook", "webhook_events_tenant_id_webhook_id_created_at_idx"),
        ("failed_deliveries", "webhook_events_tenant_id_finished_at_idx"),
    ],
)
def test_deep_pages(scope: psycopg.Connection[Any], name: str, index: str) -> None:
    """A page begins in the index where it begins, and reads no more rows than it returns."""
    found = executed(scope, name, **DEEP)
    assert found[0]["Actual Rows"] == LIMIT
    assert indexes(found) == {index}
    assert not {"Sort", "Seq Scan"} & kinds(found)
    assert rows_read(found) == LIMIT


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ((), "tenant_id_created_at_id"),
        (("path",), "tenant_id_path_created_at_id"),
        (("status_code",), "tenant_id_status_code_created_at_id"),
    ],
)
def test_pages_of_requests(
    scope: psycopg.Connection[Any], given: tuple[str, ...], index: str
) -> None:
    """Of a path or with a status, too: each from an index in the order of the page."""
    found = executed(scope, "requests_page", *given)
    assert found[0]["Actual Rows"] == LIMIT
    used = {name.split("_", 4)[4] for name in indexes(found) if name.startswith("request_logs")}
    assert len(used) == 1
    assert used.pop().startswith(index.removesuffix("_id"))
    assert "Seq Scan" not in kinds(found)
    assert rows_read(found) <= 2 * LIMIT


def test_claims_of_a_tenant_read_what_they_claim(scope: psycopg.Connection[Any]) -> None:
    """Through the index of its claimable rows, and then by key."""
    for name, wanted in (
        ("claim_tasks", "tasks_tenant_id_task_type_priority_scheduled_for_idx"),
        ("claim_deliveries", "webhook_events_tenant_id_run_at_idx"),
    ):
        found = executed(scope, name, "tenant_id")
        assert found[0]["Actual Rows"] == LIMIT
        assert wanted in indexes(found)
        assert not scanned(found) & {"tasks", "webhook_events"}
        assert rows_read(found) <= 10 * LIMIT


def test_claims_of_all_tenants_read_what_they_claim(operator: psycopg.Connection[Any]) -> None:
    """Likewise, through an index that does not begin with the tenant."""
    for name, wanted in (
        ("claim_tasks", "tasks_task_type_priority_scheduled_for_idx"),
        ("claim_deliveries", "webhook_events_run_at_idx"),
    ):
        found = executed(operator, name)
        assert found[0]["Actual Rows"] == LIMIT
        assert wanted in indexes(found)
        assert not scanned(found) & {"tasks", "webhook_events"}
        assert rows_read(found) <= 10 * LIMIT


def test_a_page_of_what_is_not_embedded(scope: psycopg.Connection[Any]) -> None:
    """Only as many things are looked at as it takes."""
    found = executed(scope, "entities_without_embedding")
    assert found[0]["Actual Rows"] == LIMIT
    assert "Merge Append" in kinds(found)
    assert "images_tenant_id_uploaded_at_idx" in indexes(found)
    assert rows_read(found) <= 5 * LIMIT


@pytest.mark.parametrize("name", ["request_stats", "slowest_paths"])
def test_statistics_of_a_time_read_one_month(scope: psycopg.Connection[Any], name: str) -> None:
    """The months that the time is not in are left out while the statement runs."""
    found = executed(scope, name, "tenant_id")
    read = {
        node["Relation Name"]
        for node in found
        if str(node.get("Relation Name")).startswith("request_logs") and node["Actual Loops"]
    }
    assert 1 <= len(read) <= 2
    assert "Seq Scan" not in kinds([node for node in found if node["Actual Loops"]])
