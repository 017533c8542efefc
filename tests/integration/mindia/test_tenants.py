"""Tenants: what a status allows, and how a tenant goes away."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import AsyncDatabase, InsufficientPrivilege, UniqueViolation
from pgrepo.domains.mindia import AsyncMindia, Mindia
from tests.integration.mindia.world import TABLES, count, fill, insert

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from pgrepo.domains.mindia.tenants import PurgeTenant

REFUSED = "it can be read and not written"
COPIES: dict[str, str] = {
    "images": "filename, original_filename, s3_key, s3_url, content_type, file_size",
    "videos": "filename, s3_key, file_size",
    "audios": "filename, s3_key, file_size",
    "documents": "filename, s3_key, file_size",
    "request_logs": "method, path, status_code, response_time_ms",
    "webhook_events": "webhook_id, event_type, payload",
    "tasks": "task_type, payload",
}


@pytest.fixture
def full_tenant(tenant_id: uuid.UUID, observer: psycopg.Connection[Any]) -> uuid.UUID:
    """A tenant with a row in every table."""
    fill(observer, tenant_id)
    return tenant_id


def purge(mindia: Mindia, tenant_id: uuid.UUID, batch_size: int = 1000) -> list[PurgeTenant]:
    """Every step of purging a tenant."""
    steps = []
    while step := mindia.tenants.purge_tenant(tenant_id=tenant_id, batch_size=batch_size):
        steps.append(step)
    return steps


def test_patch(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """What is not given stays; updated_at moves with a change and not without one."""
    before = mindia.tenants.tenant_by_id(tenant_id=tenant_id)
    assert before is not None
    assert mindia.tenants.update_tenant(tenant_id=tenant_id) == before
    renamed = mindia.tenants.update_tenant(tenant_id=tenant_id, name="Harbour Museum")
    assert renamed is not None
    assert (renamed.name, renamed.s3_bucket) == ("Harbour Museum", before.s3_bucket)
    assert renamed.updated_at > before.updated_at
    assert mindia.tenants.tenant_by_s3_bucket(s3_bucket=before.s3_bucket) == renamed
    assert mindia.tenants.update_tenant(tenant_id=uuid.uuid4(), name="x") is None
    with pytest.raises(UniqueViolation, match="tenants_s3_bucket_key"):
        mindia.tenants.create_tenant(name="b", s3_bucket=before.s3_bucket, s3_region="eu")


def test_pages(mindia: Mindia, new_tenant: Callable[[], uuid.UUID]) -> None:
    """Newest first, one status or all, without gaps."""
    made = [new_tenant() for _ in range(5)]
    mindia.tenants.suspend_tenant(tenant_id=made[1])
    first = mindia.tenants.tenants_page(limit=3)
    rest = mindia.tenants.tenants_page(
        before_created_at=first[-1].created_at, before_id=first[-1].id, limit=3
    )
    assert [tenant.id for tenant in (*first, *rest)] == made[::-1]
    assert [tenant.id for tenant in mindia.tenants.tenants_page(status="suspended")] == [made[1]]


def test_steps(mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]) -> None:
    """Suspension can be undone, deletion cannot, by nobody."""
    tenants = mindia.tenants
    assert tenants.reactivate_tenant(tenant_id=tenant_id) == 0
    assert tenants.suspend_tenant(tenant_id=tenant_id) == 1
    assert tenants.suspend_tenant(tenant_id=tenant_id) == 0
    assert tenants.reactivate_tenant(tenant_id=tenant_id) == 1
    assert tenants.purge_tenant(tenant_id=tenant_id) is None
    assert tenants.delete_tenant(tenant_id=tenant_id) == 1
    assert tenants.delete_tenant(tenant_id=tenant_id) == 0
    assert tenants.suspend_tenant(tenant_id=tenant_id) == 0
    assert tenants.reactivate_tenant(tenant_id=tenant_id) == 0
    assert tenants.update_tenant(tenant_id=tenant_id, name="again") is None
    with pytest.raises(Exception, match="is deleted and cannot be active") as caught:
        observer.execute("UPDATE mindia.tenants SET status = 'active'")
    assert caught.value.diag.constraint_name == "tenants_status_step"  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", ["suspended", "deleted"])
def test_a_closed_tenant_is_read_only(
    status: str,
    mindia: Mindia,
    full_tenant: uuid.UUID,
    session_of: Callable[..., psycopg.Connection[Any]],
) -> None:
    """In its scope everything can be read, and every way of writing is an error.

    An UPDATE that finds no row is one too: the statement is refused and not its rows.
    """
    session = session_of(full_tenant)
    assert session.execute("UPDATE mindia.users SET role = 'admin'").rowcount == 1
    if status == "suspended":
        mindia.tenants.suspend_tenant(tenant_id=full_tenant)
    else:
        mindia.tenants.delete_tenant(tenant_id=full_tenant)
    for table in TABLES:
        assert count(session, table) == 1
        with pytest.raises(Exception, match=REFUSED):
            insert(session, table, full_tenant)
        if table != "request_logs":
            with pytest.raises(Exception, match=f"is {status}: {REFUSED}"):
                session.execute(f"UPDATE mindia.{table} SET tenant_id = tenant_id WHERE false")
            with pytest.raises(Exception, match=REFUSED):
                session.execute(f"DELETE FROM mindia.{table}")


def test_through_the_package(
    mindia: Mindia, full_tenant: uuid.UUID, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """for_tenant() reads and writes; once the tenant is suspended it reads; others go on."""
    other = new_tenant()
    scoped, elsewhere = mindia.for_tenant(full_tenant), mindia.for_tenant(other)
    (document,) = scoped.documents.documents_page(tenant_id=full_tenant)
    assert elsewhere.documents.documents_page(tenant_id=full_tenant) == []
    assert elsewhere.tenants.tenant_by_id(tenant_id=full_tenant) is None
    given = {"filename": "b.pdf", "s3_key": "b.pdf", "file_size": 1}
    assert scoped.documents.add_document(tenant_id=full_tenant, **given).tenant_id == full_tenant
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        elsewhere.documents.add_document(tenant_id=full_tenant, **given)
    mindia.tenants.suspend_tenant(tenant_id=full_tenant)
    kept = scoped.documents.document_by_id(tenant_id=full_tenant, document_id=document.id)
    assert kept == document
    with pytest.raises(InsufficientPrivilege) as refused:
        scoped.documents.delete_document(tenant_id=full_tenant, document_id=document.id)
    assert REFUSED in str(refused.value.diag.message_primary)
    assert refused.value.diag.constraint_name == "tenants_active"
    elsewhere.documents.add_document(tenant_id=other, **given)
    mindia.tenants.reactivate_tenant(tenant_id=full_tenant)
    gone = scoped.documents.delete_document(tenant_id=full_tenant, document_id=document.id)
    assert gone is not None
    assert (gone.id, gone.s3_key) == (document.id, document.s3_key)


async def test_through_the_async_package(
    mindia_url: str, full_tenant: uuid.UUID, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """The same, many calls of two tenants at once on two connections."""
    other = new_tenant()
    async with AsyncDatabase(mindia_url, max_size=2) as database:
        domain = AsyncMindia(database)
        scopes = [domain.for_tenant(full_tenant), domain.for_tenant(other)] * 10
        pages = await asyncio.gather(
            *(scope.media.media_page(tenant_id=full_tenant) for scope in scopes)
        )
        assert [len(page) for page in pages] == [4, 0] * 10
        assert len(await domain.media.media_page(tenant_id=full_tenant)) == 4
        await domain.tenants.suspend_tenant(tenant_id=full_tenant)
        with pytest.raises(InsufficientPrivilege) as refused:
            await scopes[0].users.delete_user(tenant_id=full_tenant, user_id=full_tenant)
        assert refused.value.diag.constraint_name == "tenants_active"


def test_a_tenant_cannot_change_itself(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Its own row is there to be read."""
    scoped = mindia.for_tenant(tenant_id)
    assert scoped.tenants.tenant_by_id(tenant_id=tenant_id) is not None
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        scoped.tenants.update_tenant(tenant_id=tenant_id, name="mine")
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        scoped.tenants.suspend_tenant(tenant_id=tenant_id)


def test_purging(
    mindia: Mindia,
    full_tenant: uuid.UUID,
    new_tenant: Callable[[], uuid.UUID],
    observer: psycopg.Connection[Any],
) -> None:
    """In batches until nothing is left, and nothing of anybody else's goes."""
    neighbour = new_tenant()
    fill(observer, neighbour)
    for table, columns in COPIES.items():
        copy = (
            f"INSERT INTO mindia.{table} (tenant_id, {columns}) SELECT tenant_id, {columns}"
            f" FROM mindia.{table} CROSS JOIN generate_series(1, 4) WHERE tenant_id = %s"
        )
        assert observer.execute(copy.encode(), [full_tenant]).rowcount == 4
    rows = len(TABLES) + 4 * len(COPIES)
    mindia.tenants.delete_tenant(tenant_id=full_tenant)
    steps = purge(mindia, full_tenant, batch_size=2)
    assert [step.is_gone for step in steps] == [False] * (len(steps) - 1) + [True]
    assert sum(step.deleted_rows for step in steps) == rows
    assert max(step.deleted_rows for step in steps) <= 2 * len(TABLES)
    assert len(steps) >= 4
    assert mindia.tenants.tenant_by_id(tenant_id=full_tenant) is None
    for table in TABLES:
        assert count(observer, table) == 1, table


def test_purging_waits_for_nobody(
    mindia: Mindia, full_tenant: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """While somebody who began before the deletion still writes, there is nothing to do yet."""
    with observer.transaction():
        insert(observer, "documents", full_tenant)
        mindia.tenants.delete_tenant(tenant_id=full_tenant)
        assert mindia.tenants.purge_tenant(tenant_id=full_tenant) is None
    purge(mindia, full_tenant)
    assert mindia.tenants.tenant_by_id(tenant_id=full_tenant) is None
    assert count(observer, "documents") == 0


def test_an_operator_purges(
    mindia: Mindia,
    full_tenant: uuid.UUID,
    session_of: Callable[..., psycopg.Connection[Any]],
) -> None:
    """The role for it can do all of it, and no more than that is needed."""
    operator = Mindia(session_of(None, "mindia_operator"))
    assert operator.tenants.delete_tenant(tenant_id=full_tenant) == 1
    purge(operator, full_tenant)
    assert mindia.tenants.tenants_page() == []


def test_a_batch_of_webhooks_waits_for_its_events(
    mindia: Mindia, full_tenant: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """A webhook whose events are more than a batch stays until they are gone."""
    observer.execute(
        "INSERT INTO mindia.webhook_events (tenant_id, webhook_id, event_type, payload)"
        " SELECT tenant_id, webhook_id, event_type, payload FROM mindia.webhook_events"
        " CROSS JOIN generate_series(1, 3)"
    )
    mindia.tenants.delete_tenant(tenant_id=full_tenant)
    left = []
    while step := mindia.tenants.purge_tenant(tenant_id=full_tenant, batch_size=3):
        left.append((count(observer, "webhooks"), count(observer, "webhook_events")))
        assert step.deleted_rows <= 3 * len(TABLES)
    assert left[:2] == [(1, 1), (1, 0)]
    assert left[-1] == (0, 0)
