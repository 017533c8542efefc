"""People of the tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo import UniqueViolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from pgrepo.domains.mindia import Mindia


def test_an_email_has_one_account_in_a_tenant(
    mindia: Mindia, tenant_id: uuid.UUID, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """Whatever its case; in another tenant it may have another one."""
    ada = mindia.users.create_user(
        tenant_id=tenant_id, email="Ada@Example.org", password_hash="hash"
    )
    assert (ada.email, ada.role, ada.is_active) == ("Ada@Example.org", "member", True)
    with pytest.raises(UniqueViolation, match="users_email_lower_tenant_id_key"):
        mindia.users.create_user(tenant_id=tenant_id, email="ADA@example.org", password_hash="h")
    other = new_tenant()
    twin = mindia.users.create_user(tenant_id=other, email="ada@example.org", password_hash="h")
    assert mindia.users.user_by_email(tenant_id=tenant_id, email="aDa@example.org") == ada
    assert mindia.users.user_by_email(tenant_id=other, email="aDa@example.org") == twin
    assert mindia.users.user_by_id(tenant_id=other, user_id=ada.id) is None


def test_where_an_email_has_accounts(mindia: Mindia, new_tenant: Callable[[], uuid.UUID]) -> None:
    """The active ones, of tenants that are not deleted, page by page."""
    tenants = sorted(new_tenant() for _ in range(4))
    for tenant_id in tenants:
        mindia.users.create_user(tenant_id=tenant_id, email="Ada@example.org", password_hash="h")
    mindia.tenants.delete_tenant(tenant_id=tenants[1])
    mindia.tenants.suspend_tenant(tenant_id=tenants[2])
    page = mindia.users.accounts_of_email(email="ada@EXAMPLE.org", limit=2)
    assert [(row.tenant_id, row.tenant_status) for row in page] == [
        (tenants[0], "active"),
        (tenants[2], "suspended"),
    ]
    rest = mindia.users.accounts_of_email(
        email="ada@example.org", after_tenant_id=page[-1].tenant_id
    )
    assert [row.tenant_id for row in rest] == [tenants[3]]
    closed = mindia.users.update_user(tenant_id=tenants[3], user_id=rest[0].id, is_active=False)
    assert closed is not None
    assert len(mindia.users.accounts_of_email(email="ada@example.org")) == 2


def test_credentials(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Of active accounts alone, and the hash is nowhere else."""
    users = mindia.users
    ada = users.create_user(tenant_id=tenant_id, email="ada@example.org", password_hash="hash")
    found = users.user_credentials(tenant_id=tenant_id, email="ADA@example.org")
    assert found is not None
    assert (found.id, found.password_hash, found.role) == (ada.id, "hash", "member")
    assert not hasattr(ada, "password_hash")
    changed = users.set_password_hash(tenant_id=tenant_id, user_id=ada.id, password_hash="new")
    assert changed == 1
    assert users.record_login(tenant_id=tenant_id, user_id=ada.id) == 1
    users.update_user(tenant_id=tenant_id, user_id=ada.id, is_active=False)
    assert users.user_credentials(tenant_id=tenant_id, email="ada@example.org") is None
    assert users.record_login(tenant_id=tenant_id, user_id=ada.id) == 0


def test_updated_at(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """It moves with a change; a login is none, nor is an update that changes nothing."""
    users = mindia.users
    ada = users.create_user(tenant_id=tenant_id, email="ada@example.org", password_hash="h")
    users.record_login(tenant_id=tenant_id, user_id=ada.id)
    same = users.update_user(tenant_id=tenant_id, user_id=ada.id, role="member")
    assert same is not None
    assert same.updated_at == ada.updated_at
    assert same.last_login_at is not None
    users.set_password_hash(tenant_id=tenant_id, user_id=ada.id, password_hash="new")
    after = users.user_by_id(tenant_id=tenant_id, user_id=ada.id)
    assert after is not None
    assert after.updated_at > ada.updated_at


def test_pages_and_deletion(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Newest first, by role and activity if given."""
    users = mindia.users
    made = [
        users.create_user(
            tenant_id=tenant_id,
            email=f"{n}@example.org",
            password_hash="h",
            role="viewer" if n % 2 else "admin",
        )
        for n in range(5)
    ]
    first = users.users_page(tenant_id=tenant_id, limit=2)
    last = first[-1]
    rest = users.users_page(
        tenant_id=tenant_id, before_created_at=last.created_at, before_id=last.id
    )
    assert first + rest == made[::-1]
    viewers = users.users_page(tenant_id=tenant_id, role="viewer", is_active=True)
    assert viewers == [made[3], made[1]]
    assert users.users_page(tenant_id=tenant_id, is_active=False) == []
    assert users.delete_user(tenant_id=tenant_id, user_id=made[0].id) == 1
    assert users.delete_user(tenant_id=tenant_id, user_id=made[0].id) == 0
    assert len(users.users_page(tenant_id=tenant_id)) == 4
