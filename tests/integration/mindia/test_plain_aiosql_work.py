"""Embeddings, requests, webhooks and tasks without pgrepo: every query through plain aiosql.

Plain aiosql knows neither defaults nor UNSET: all arguments are given, and a patch sets them all.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from tests.integration.plain_aiosql import not_called

if TYPE_CHECKING:
    import uuid

    from tests.integration.mindia.conftest import Files

NAMES = ("embeddings", "request_logs", "webhooks", "webhook_events", "tasks")
FIRST_MADE: dict[str, Any] = {"before_created_at": None, "before_id": None, "limit": 10}
MINUTE = timedelta(minutes=1)
VECTOR = "[" + ",".join(["1"] * 768) + "]"


def document(files: Files, tenant_id: uuid.UUID) -> uuid.UUID:
    """The id of a new document."""
    row = files.documents.add_document(
        tenant_id=tenant_id, filename="a.pdf", s3_key="a", file_size=1
    )
    document_id: uuid.UUID = row[0]
    return document_id


def test_embeddings(files: Files) -> None:
    """Every query of embeddings.sql."""
    embeddings = files.embeddings
    tenant_id = files.tenant()
    first, second, third = (document(files, tenant_id) for _ in range(3))
    for entity_id in (first, second):
        stored = embeddings.upsert_embedding(
            tenant_id=tenant_id,
            entity_type="document",
            entity_id=entity_id,
            description="a plan",
            embedding=VECTOR,
            model_name="model",
        )
        assert stored[1:5] == ("document", entity_id, "a plan", "model")
    entity = {"tenant_id": tenant_id, "entity_type": "document", "entity_id": first}
    found = embeddings.search_embeddings(
        tenant_id=tenant_id,
        embedding=VECTOR,
        entity_types=["document"],
        model_name="model",
        limit=1,
    )
    assert [(row[2], row[5]) for row in found] == [(first, 1)]
    similar = embeddings.similar_entities(**entity, entity_types=None, limit=10)
    assert [row[2] for row in similar] == [second]
    missing = embeddings.entities_without_embedding(
        tenant_id=tenant_id,
        kind="document",
        model_name=None,
        before_uploaded_at=None,
        before_id=None,
        before_kind=None,
        limit=10,
    )
    assert [row[1] for row in missing] == [third]
    assert embeddings.embedding_of_entity(**entity)[5] == VECTOR
    page = embeddings.embeddings_page(tenant_id=tenant_id, **FIRST_MADE)
    assert [row[2] for row in page] == [second, first]
    assert embeddings.update_description(**entity, description="a map") == 1
    assert embeddings.delete_embedding(**entity) == 1


def test_request_logs(files: Files) -> None:
    """Every query of request_logs.sql."""
    logs = files.request_logs
    tenant_id = files.tenant()
    now = datetime.now(UTC)
    row = {
        "tenant_id": tenant_id,
        "method": "GET",
        "path": "/images",
        "status_code": 500,
        "response_time_ms": 7,
        "bytes_sent": 1,
        "bytes_received": None,
        "ip_address": None,
        "user_agent": None,
        "created_at": now,
    }
    assert logs.log_requests([row, row]) == 2
    page = logs.requests_page(tenant_id=tenant_id, path="/images", status_code=500, **FIRST_MADE)
    assert [found[3] for found in page] == ["/images"] * 2
    time = {"tenant_id": tenant_id, "starts_at": now, "ends_at": now + MINUTE}
    assert logs.request_stats(**time, bucket=MINUTE) == [(now, "/images", 2, 2, 1, 7, 7, 7)]
    slowest = logs.slowest_paths(**time, min_requests=2, limit=1)
    assert slowest == [("/images", 2, 2, 7, 7, 7)]


def test_webhooks(files: Files) -> None:
    """Every query of webhooks.sql."""
    webhooks = files.webhooks
    tenant_id = files.tenant()
    webhook = webhooks.subscribe(
        tenant_id=tenant_id, url="https://a.org", events=["a"], signing_secret="sixteen letters!"
    )
    assert webhook[4:6] == (True, True)
    hook = {"tenant_id": tenant_id, "webhook_id": webhook[0]}
    assert webhooks.webhook_by_id(**hook) == webhook
    assert webhooks.webhooks_page(tenant_id=tenant_id, **FIRST_MADE) == [webhook]
    rotated = {"signing_secret": None, "keep_previous_for": MINUTE}
    assert webhooks.rotate_secret(**hook, **rotated) == 1
    changed = webhooks.update_webhook(**hook, url="https://b.org", events=["b"], is_active=False)
    assert changed[2:6] == ("https://b.org", ["b"], False, False)
    assert webhooks.unsubscribe(**hook) == 1


def test_webhook_events(files: Files) -> None:
    """Every query of webhook_events.sql."""
    events = files.webhook_events
    tenant_id = files.tenant()
    webhook_id = files.webhooks.subscribe(
        tenant_id=tenant_id, url="https://a.org", events=["a"], signing_secret=None
    )[0]
    for _ in range(3):
        payload = Jsonb({"n": 1})
        assert events.publish_event(tenant_id=tenant_id, event_type="a", payload=payload) == 1
    claimed = events.claim_deliveries(
        worker="w", lease_for=MINUTE, batch_size=3, tenant_id=tenant_id
    )
    assert [row[3] for row in claimed] == [1, 1, 1]
    assert claimed[0][6] == {"current": None, "previous": None}
    one, two, three = (
        {"tenant_id": tenant_id, "delivery_id": row[0], "lease": row[3]} for row in claimed
    )
    assert events.heartbeat_delivery(**one, lease_for=MINUTE) == 1
    assert events.mark_delivered(**one) == 1
    lists = {"tenant_ids": [tenant_id], "delivery_ids": [two["delivery_id"]], "leases": [1]}
    assert events.mark_all_delivered(**lists) == [(two["delivery_id"],)]
    failed = events.mark_failed(**three, error_code="no", error_message=None, retry=False)
    assert (failed[0], failed[2]) == ("failed", 1)
    target = {"tenant_id": tenant_id, "delivery_id": three["delivery_id"]}
    first = {"before_finished_at": None, "before_id": None, "limit": 10}
    page = events.failed_deliveries(tenant_id=tenant_id, **first)
    assert [row[0] for row in page] == [three["delivery_id"]]
    assert events.redeliver(**target) == 1
    assert events.delivery_by_id(**target)[5] == "pending"
    listed = events.deliveries_of_webhook(
        tenant_id=tenant_id, webhook_id=webhook_id, delivery_status="delivered", **FIRST_MADE
    )
    assert len(listed) == 2
    newest = events.deliveries_by_webhook_ids(
        tenant_id=tenant_id, webhook_ids=[webhook_id], limit=9
    )
    assert len(newest) == 3
    assert set(listed) < set(newest)
    events.claim_deliveries(worker="w", lease_for=-MINUTE, batch_size=1, tenant_id=tenant_id)
    rescued = events.rescue_deliveries(batch_size=10, tenant_id=tenant_id)
    assert [row[0] for row in rescued] == [three["delivery_id"]]
    assert events.purge_deliveries(before=datetime.now(UTC) + MINUTE, batch_size=10) == 2


def test_tasks(files: Files) -> None:
    """Every query of tasks.sql."""
    tasks = files.tasks
    tenant_id = files.tenant()
    kind = {"tenant_id": tenant_id, "task_type": "generate_embedding"}
    given: dict[str, Any] = {"priority": 1, "scheduled_for": None, "max_retries": 3}
    first = tasks.enqueue_task(**kind, payload=Jsonb({}), idempotency_key="k", **given)
    again = tasks.enqueue_task(**kind, payload=Jsonb({}), idempotency_key="k", **given)
    assert first == again
    assert tasks.enqueue_tasks(**kind, payloads=[Jsonb({})] * 3, **given) == 3
    claimed = tasks.claim_tasks(**kind, worker="w", lease_for=MINUTE, batch_size=3)
    assert [row[2] for row in claimed] == [1, 1, 1]
    one, two, three = (
        {"tenant_id": tenant_id, "task_id": row[0], "lease": row[2]} for row in claimed
    )
    assert tasks.heartbeat_task(**one, lease_for=MINUTE) == 1
    assert tasks.complete_task(**one) == 1
    lists = {"tenant_ids": [tenant_id], "task_ids": [two["task_id"]], "leases": [1]}
    assert tasks.complete_tasks(**lists) == [(two["task_id"],)]
    failed = tasks.fail_task(**three, error_code="no", error_message=None, retry=False)
    assert (failed[0], failed[2]) == ("failed", 1)
    target = {"tenant_id": tenant_id, "task_id": three["task_id"]}
    page = tasks.failed_tasks(
        tenant_id=tenant_id, before_completed_at=None, before_id=None, limit=10
    )
    assert [row[0] for row in page] == [three["task_id"]]
    assert tasks.retry_task(**target) == 1
    later = datetime.now(UTC) + timedelta(days=1)
    changed = tasks.update_task(
        **target, payload=Jsonb({"n": 1}), priority=9, scheduled_for=later, max_retries=0
    )
    assert changed[3:6] == ({"n": 1}, "pending", 9)
    assert tasks.task_by_id(**target) == changed
    tasks.claim_tasks(**kind, worker="w", lease_for=-MINUTE, batch_size=9)
    assert len(tasks.rescue_tasks(batch_size=10, tenant_id=tenant_id)) == 1
    assert tasks.cancel_task(**target) == 1
    listed = tasks.tasks_page(**kind, status="completed", **FIRST_MADE)
    assert len(listed) == 2
    assert tasks.purge_tasks(before=datetime.now(UTC) + MINUTE, batch_size=10) == 3


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to one of these files needs a call in this module."""
    names = files.names(NAMES)
    assert "publish_event" in names
    assert not_called(names, Path(__file__)) == set()
