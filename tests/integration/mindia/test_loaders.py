"""What many webhooks were sent, loaded in one call."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.domains.mindia import Mindia


def test_deliveries_of_many(mindia: Mindia, new_tenant: Callable[[], uuid.UUID]) -> None:
    """Each webhook has what a call for it alone returns, and none of another tenant's is there."""
    tenant, other = new_tenant(), new_tenant()
    hooks = {
        of: [
            mindia.webhooks.subscribe(
                tenant_id=of,
                url=f"https://example.org/{number}",
                events=[f"event.{event}" for event in range(number)] or ["event.none"],
                signing_secret="a secret of this webhook alone",
            ).id
            for number in range(4)
        ]
        for of in (tenant, other)
    }
    for event in range(3):
        for _ in range(2):
            for of in (tenant, other):
                mindia.webhook_events.publish_event(
                    tenant_id=of, event_type=f"event.{event}", payload={}
                )
    asked = [*hooks[tenant], *hooks[other], uuid.uuid4()]
    for limit in (1, 3, 10):
        found = mindia.webhook_events.deliveries_by_webhook_ids(
            tenant_id=tenant, webhook_ids=asked, limit=limit
        )
        assert found == {
            key: rows
            for key in hooks[tenant]
            if (
                rows := mindia.webhook_events.deliveries_of_webhook(
                    tenant_id=tenant, webhook_id=key, limit=limit
                )
            )
        }
        assert [len(found[key]) for key in hooks[tenant][1:]] == [
            min(limit, 2 * number) for number in (1, 2, 3)
        ]
