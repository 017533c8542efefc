"""The fragments of docs/reference/mindia.md."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from tests.pages import ROOT, fragment, run_fragment

if TYPE_CHECKING:
    import uuid

    from pgrepo.domains.mindia import Mindia

PAGE = "docs/reference/mindia.md"
SECRET = "the first secret of this webhook"


def test_purging(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """It goes on until the tenant is gone."""
    mindia.tenants.delete_tenant(tenant_id=tenant_id)
    found = run_fragment(PAGE, "while (step", mindia=mindia, tenant_id=tenant_id)
    assert found["step"].is_gone
    assert mindia.tenants.tenant_by_id(tenant_id=tenant_id) is None


def test_delivering(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """The receiver can verify what the worker sends."""
    mindia.webhooks.subscribe(
        tenant_id=tenant_id, url="https://example.org", events=["made"], signing_secret=SECRET
    )
    mindia.webhook_events.publish_event(tenant_id=tenant_id, event_type="made", payload={"n": 1})
    found = run_fragment(
        PAGE,
        "from pgrepo.domains.mindia.signing",
        mindia=mindia,
        minute=timedelta(minutes=1),
        msgspec=msgspec,
        secret=SECRET,
    )
    assert found["header"].startswith("t=")
    assert found["verify_signature"](found["body"], found["header"], SECRET)


def test_scope(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """It is declared as the page says, and calls can be made in it."""
    shown = tomllib.loads(fragment(PAGE, "[tool.pgrepo.domains.mindia.scopes"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = ours["tool"]["pgrepo"]["domains"]["mindia"]["scopes"]
    assert shown["tool"]["pgrepo"]["domains"]["mindia"]["scopes"] == declared
    found = run_fragment(PAGE, "museum =", mindia=mindia, tenant_id=tenant_id)
    assert found["page"] == []
