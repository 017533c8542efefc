"""What tenants of mindia do under fire, and what they try to do with what belongs to others.

Tenants up to ACTIVE act; the others have rows and do nothing, so that each of their rows must be
untouched when all is over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID, uuid4

from pgrepo.domains.mindia.request_logs import NewRequest
from tests.faults.scoped_calls import Call, Script, Turn, each, owner_id

if TYPE_CHECKING:
    import random

TENANTS, ACTIVE = 200, 180
SUSPENDED = owner_id(TENANTS)
UPLOADED = "image.uploaded"
MINUTE = timedelta(minutes=1)
Write: TypeAlias = Callable[["random.Random", UUID], Script]


def thing(tenant: UUID, what: str) -> UUID:
    """The id of what tenants.sql has made."""
    return UUID(md5(f"{tenant} {what}".encode(), usedforsecurity=False).hexdigest())


def vector(chance: random.Random) -> list[float]:
    """A random direction."""
    return [chance.random() - 0.5 for _ in range(768)]


def picture(tenant: UUID) -> dict[str, Any]:
    """What add_image() takes."""
    return {
        "tenant_id": tenant,
        "filename": f"{tenant}.jpg",
        "original_filename": "A.JPG",
        "s3_key": f"images/{tenant}",
        "s3_url": f"https://example.org/{tenant}",
        "content_type": "image/jpeg",
        "file_size": 10,
    }


def of(tenant: UUID, **more: Any) -> dict[str, Any]:
    """Arguments that name the tenant."""
    return {"tenant_id": tenant, **more}


def images(chance: random.Random, tenant: UUID) -> Script:
    """Adds, changes, embeds, finds and deletes one, or leaves it there."""
    image = yield Call("images", "add_image", picture(tenant))
    one = of(tenant, image_id=image.id)
    yield Call("images", "update_image", one | {"filename": f"again {tenant}.jpg"})
    if chance.random() < 0.3:
        entity = of(tenant, entity_type="image", entity_id=image.id)
        about = {"description": f"of {tenant}", "embedding": vector(chance), "model_name": "m"}
        yield Call("embeddings", "upsert_embedding", entity | about)
        yield Call("embeddings", "similar_entities", entity)
    yield Call("images", "image_by_id", one)
    if chance.random() < 0.7:
        yield Call("images", "delete_image", one)


def documents(chance: random.Random, tenant: UUID) -> Script:
    """Adds, changes and deletes one."""
    paper = yield Call(
        "documents",
        "add_document",
        of(tenant, filename=f"{tenant}.pdf", s3_key=f"documents/{tenant}", file_size=1),
    )
    one = of(tenant, document_id=paper.id)
    yield Call("documents", "update_document", one | {"s3_key": f"moved/{tenant}"})
    if chance.random() < 0.7:
        yield Call("documents", "delete_document", one)


def reading(chance: random.Random, tenant: UUID) -> Script:
    """Pages, sums and searches; where no tenant has to be named, none is."""
    now = datetime.now(UTC)
    time = {"starts_at": now - timedelta(days=1), "ends_at": now}
    search = of(tenant, embedding=vector(chance), limit=5)
    calls = [
        Call("media", "media_page", of(tenant)),
        Call("media", "storage_by_tenant", of(tenant)),
        Call("images", "images_page", of(tenant, limit=10)),
        Call("users", "users_page", of(tenant)),
        Call("embeddings", "search_embeddings", search),
        Call("embeddings", "entities_without_embedding", of(tenant)),
        Call("request_logs", "requests_page", of(tenant)),
        Call("request_logs", "request_stats", time | {"bucket": timedelta(days=1)}),
        Call("request_logs", "slowest_paths", time),
        Call("webhooks", "webhooks_page", of(tenant)),
        Call("tasks", "tasks_page", of(tenant, limit=10)),
        Call("tenants", "tenants_page", {}),
        Call("users", "accounts_of_email", {"email": f"a@{tenant}"}),
    ]
    yield from each(chance.sample(calls, 4))


def requests(chance: random.Random, tenant: UUID) -> Script:
    """Logs some."""
    now, count = datetime.now(UTC), chance.randrange(1, 5)
    row = NewRequest(tenant, "GET", f"/{tenant}", 200, 5, None, None, None, None, now)
    yield Call("request_logs", "log_requests", {"rows": [row] * count})


def people(chance: random.Random, tenant: UUID) -> Script:
    """Adds an account, and takes it away again."""
    email = f"{uuid4()}@{tenant}"
    user = yield Call(
        "users", "create_user", of(tenant, email=email, password_hash=f"hash of {tenant}")
    )
    yield Call("users", "user_by_email", of(tenant, email=email))
    yield Call("users", "record_login", of(tenant, user_id=user.id))
    if chance.random() < 0.7:
        yield Call("users", "delete_user", of(tenant, user_id=user.id))


def tasks(chance: random.Random, tenant: UUID) -> Script:
    """Adds some, claims what is due without naming the tenant, ends it, purges."""
    kind = {"task_type": "video_transcode"}
    yield Call("tasks", "enqueue_task", of(tenant, payload={"of": str(tenant)}, **kind))
    claimed = yield Call(
        "tasks",
        "claim_tasks",
        {"worker": str(tenant), "lease_for": MINUTE, "batch_size": 3, **kind},
    )
    for task in claimed:
        lease = of(tenant, task_id=task.id, lease=task.lease)
        yield Call("tasks", "heartbeat_task", lease | {"lease_for": MINUTE})
        if chance.random() < 0.2:
            yield Call("tasks", "fail_task", lease | {"error_code": "broken"})
        else:
            yield Call("tasks", "complete_task", lease)
    if chance.random() < 0.2:
        yield Call("tasks", "rescue_tasks", {})
        yield Call("tasks", "purge_tasks", {"before": datetime.now(UTC) - MINUTE})


def deliveries(chance: random.Random, tenant: UUID) -> Script:
    """Publishes, claims what is due without naming the tenant, ends it, purges."""
    yield Call(
        "webhook_events",
        "publish_event",
        of(tenant, event_type=UPLOADED, payload={"of": str(tenant)}),
    )
    claimed = yield Call(
        "webhook_events",
        "claim_deliveries",
        {"worker": str(tenant), "lease_for": MINUTE, "batch_size": 3},
    )
    for delivery in claimed:
        lease = of(tenant, delivery_id=delivery.id, lease=delivery.lease)
        if chance.random() < 0.2:
            yield Call("webhook_events", "mark_failed", lease | {"error_code": "broken"})
        else:
            yield Call("webhook_events", "mark_delivered", lease)
    if chance.random() < 0.2:
        yield Call("webhook_events", "rescue_deliveries", {})
        yield Call("webhook_events", "purge_deliveries", {"before": datetime.now(UTC) - MINUTE})


def webhooks(chance: random.Random, tenant: UUID) -> Script:
    """Subscribes, gives the secret another value, and ends it."""
    url, secret = f"https://example.org/{tenant}", f"secret of {tenant}"
    hook = yield Call(
        "webhooks", "subscribe", of(tenant, url=url, events=["other"], signing_secret=secret)
    )
    one = of(tenant, webhook_id=hook.id)
    rotated = {"signing_secret": f"another {secret}", "keep_previous_for": MINUTE}
    yield Call("webhooks", "rotate_secret", one | rotated)
    if chance.random() < 0.9:
        yield Call("webhooks", "unsubscribe", one)


def theft(chance: random.Random, tenant: UUID) -> Script:
    """Names another tenant and what it has: reads find nothing, writes change nothing."""
    other = owner_id(chance.randrange(1, TENANTS + 1))
    image = {"image_id": thing(other, "image 1")}
    entity = {"entity_type": "image", "entity_id": thing(other, "image 1")}
    calls = [
        Call("images", "image_by_id", image),
        Call("images", "update_image", image | {"filename": "stolen"}),
        Call("images", "delete_image", image),
        Call("media", "media_page"),
        Call("media", "media_by_id", {"media_id": thing(other, "document")}),
        Call("media", "storage_by_tenant"),
        Call("embeddings", "search_embeddings", {"embedding": vector(chance)}),
        Call("embeddings", "similar_entities", entity),
        Call("embeddings", "embedding_of_entity", entity),
        Call("embeddings", "delete_embedding", entity),
        Call("users", "user_credentials", {"email": f"a@{other}"}),
        Call("users", "set_password_hash", {"user_id": thing(other, "user"), "password_hash": "x"}),
        Call("users", "delete_user", {"user_id": thing(other, "user")}),
        Call("request_logs", "requests_page"),
        Call("webhooks", "unsubscribe", {"webhook_id": thing(other, "webhook")}),
        Call("webhook_events", "publish_event", {"event_type": UPLOADED, "payload": {}}),
        Call("webhook_events", "claim_deliveries", {"worker": "thief", "lease_for": MINUTE}),
        Call("webhook_events", "rescue_deliveries"),
        Call("webhook_events", "mark_delivered", {"delivery_id": -2, "lease": 0}),
        Call("webhook_events", "redeliver", {"delivery_id": -4}),
        Call("tasks", "task_by_id", {"task_id": thing(other, "task pending")}),
        Call("tasks", "cancel_task", {"task_id": thing(other, "task pending")}),
        Call("tasks", "complete_task", {"task_id": thing(other, "task running"), "lease": 0}),
        Call("tasks", "rescue_tasks"),
        Call("tenants", "tenant_by_id"),
    ]
    for call in chance.sample(calls, 4):
        arguments = of(other) | call.arguments
        yield Call(call.repository, call.query, arguments, finds=other == tenant)


def intrusion(chance: random.Random, tenant: UUID) -> Script:
    """Adds rows to another tenant: all are refused."""
    other = owner_id(1 + int(tenant.hex[-12:]) % TENANTS)
    yield from additions(chance, other)


def additions(chance: random.Random, to: UUID) -> Script:
    """Rows of a tenant, which is not the one of the scope."""
    now = datetime.now(UTC)
    row = NewRequest(to, "GET", "/", 200, 5, None, None, None, None, now)
    paper = {"filename": "a", "s3_key": "a", "file_size": 1}
    entity = {"entity_type": "image", "entity_id": thing(to, "image 2"), "description": "a"}
    calls = [
        Call("images", "add_image", picture(to)),
        Call("documents", "add_document", of(to, **paper)),
        Call("users", "create_user", of(to, email=f"b@{to}", password_hash="x")),
        Call("request_logs", "log_requests", {"rows": [row]}),
        Call("webhooks", "subscribe", of(to, url="https://a.org", events=["a"])),
        Call("tasks", "enqueue_task", of(to, task_type="video_transcode", payload={})),
        Call(
            "embeddings",
            "upsert_embedding",
            of(to, embedding=vector(chance), model_name="m", **entity),
        ),
        Call("tenants", "suspend_tenant", of(to)),
    ]
    yield from each(chance.sample(calls, 3), refused=True)


def nobody(chance: random.Random) -> Script:
    """Without a scope: nothing is there, whoever is named, and nothing is taken."""
    tenant = owner_id(chance.randrange(1, TENANTS + 1))
    yield from each(reading(chance, tenant), finds=False)
    yield from additions(chance, tenant)


def suspended(chance: random.Random) -> Script:
    """Of a suspended tenant: everything is there, and nothing is written."""
    page = yield Call("media", "media_page", of(SUSPENDED))
    assert len(page) == 5, page
    yield from additions(chance, SUSPENDED)


OWN: tuple[Write, ...] = (
    images, documents, reading, reading, requests, people, tasks, deliveries, webhooks
)  # fmt: skip


def turn(chance: random.Random) -> Turn:
    """The next thing that somebody does."""
    dice, tenant = chance.random(), owner_id(chance.randrange(1, ACTIVE + 1))

    def scope(mindia: Any) -> Any:
        return mindia.for_tenant(tenant)

    if dice < 0.1:
        return Turn(nobody(chance), None, None)
    if dice < 0.12:
        return Turn(suspended(chance), lambda mindia: mindia.for_tenant(SUSPENDED), SUSPENDED)
    if dice < 0.25:
        return Turn(chance.choice([theft, intrusion])(chance, tenant), scope, tenant)
    return Turn(chance.choice(OWN)(chance, tenant), scope, tenant, chance.random() < 0.3)
