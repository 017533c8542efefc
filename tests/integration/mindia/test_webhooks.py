"""Webhooks: who gets an event, and how deliveries are claimed, tried again and given up."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import CheckViolation
from pgrepo.domains.mindia.signing import verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.domains.mindia import Mindia
    from pgrepo.domains.mindia.webhook_events import ClaimedDelivery

MINUTE = timedelta(minutes=1)
SECRET = "the first secret of this webhook"
SECOND = "the second secret of this webhook"
UPLOADED = "image.uploaded"
MANY = 10_000


@pytest.fixture
def subscribed(mindia: Mindia, tenant_id: uuid.UUID) -> uuid.UUID:
    """The id of a webhook for uploads, signed with SECRET."""
    return mindia.webhooks.subscribe(
        tenant_id=tenant_id, url="https://example.org/a", events=[UPLOADED], signing_secret=SECRET
    ).id


def claim(mindia: Mindia, batch_size: int = 1, **scope: uuid.UUID) -> list[ClaimedDelivery]:
    """Claims deliveries for a minute."""
    return mindia.webhook_events.claim_deliveries(
        worker="worker", lease_for=MINUTE, batch_size=batch_size, **scope
    )


def hurry(observer: psycopg.Connection[Any]) -> None:
    """Makes every waiting delivery due."""
    observer.execute(
        "UPDATE mindia.webhook_events SET run_at = now() WHERE delivery_status = 'pending'"
    )


def expire(observer: psycopg.Connection[Any]) -> None:
    """Lets every claim run out."""
    observer.execute(
        "UPDATE mindia.webhook_events SET lease_expires_at = now() - interval '1 second'"
        " WHERE delivery_status = 'delivering'"
    )


def test_publishing_fans_out_to_whoever_wants_it(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """Active webhooks of the tenant that name the type; no others."""
    tenant_id, other = new_tenant(), new_tenant()
    webhooks = mindia.webhooks
    wanted = {
        webhooks.subscribe(tenant_id=tenant_id, url="https://example.org", events=events).id
        for events in ([UPLOADED], ["image.deleted", UPLOADED])
    }
    webhooks.subscribe(tenant_id=tenant_id, url="https://example.org", events=["image.deleted"])
    webhooks.subscribe(tenant_id=other, url="https://example.org", events=[UPLOADED])
    idle = webhooks.subscribe(tenant_id=tenant_id, url="https://example.org", events=[UPLOADED])
    webhooks.update_webhook(tenant_id=tenant_id, webhook_id=idle.id, is_active=False)
    events = mindia.webhook_events
    assert events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={"n": 1}) == 2
    assert events.publish_event(tenant_id=tenant_id, event_type="other", payload={}) == 0
    claimed = claim(mindia, batch_size=10)
    assert {delivery.webhook_id for delivery in claimed} == wanted
    assert {json.dumps(delivery.payload) for delivery in claimed} == {'{"n": 1}'}


def test_ten_thousand_webhooks_get_an_event_by_one_statement(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """And those who listen are woken once."""
    observer.execute(
        "INSERT INTO mindia.webhooks (tenant_id, url, events)"
        " SELECT %s, 'https://example.org/' || n, %s FROM generate_series(1, %s) AS n",
        [tenant_id, [UPLOADED], MANY],
    )
    observer.execute("LISTEN mindia_webhook_events")
    count = mindia.webhook_events.publish_event(
        tenant_id=tenant_id, event_type=UPLOADED, payload={"id": 1}
    )
    assert count == MANY
    row = observer.execute(
        "SELECT count(DISTINCT webhook_id), count(DISTINCT xmin::text) FROM mindia.webhook_events"
    ).fetchone()
    assert row == (MANY, 1)
    assert len(list(observer.notifies(timeout=0.2))) == 1


def test_a_delivery_can_be_verified_by_its_receiver(
    mindia: Mindia, tenant_id: uuid.UUID, subscribed: uuid.UUID
) -> None:
    """What is claimed is all that sending takes, and tells no secret in its text."""
    mindia.webhook_events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={"n": 1})
    (delivery,) = claim(mindia)
    assert delivery.url == "https://example.org/a"
    assert delivery.webhook_id == subscribed
    body = json.dumps({"id": delivery.id, "payload": delivery.payload}).encode()
    header = delivery.signing_keys.sign(body)
    assert header is not None
    assert verify_signature(body, header, SECRET)
    assert SECRET not in repr(delivery)


def test_a_rotated_secret_is_good_for_a_while(
    mindia: Mindia,
    tenant_id: uuid.UUID,
    subscribed: uuid.UUID,
    observer: psycopg.Connection[Any],
) -> None:
    """Both sign until the time is over; then the new one alone."""
    hook = {"tenant_id": tenant_id, "webhook_id": subscribed}
    rotated = mindia.webhooks.rotate_secret(
        **hook, signing_secret=SECOND, keep_previous_for=timedelta(days=1)
    )
    assert rotated == 1
    for _ in range(2):
        mindia.webhook_events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    (first,) = claim(mindia)
    assert (first.signing_keys.current, first.signing_keys.previous) == (SECOND, SECRET)
    observer.execute("UPDATE mindia.webhooks SET previous_secret_expires_at = now()")
    (second,) = claim(mindia)
    assert (second.signing_keys.current, second.signing_keys.previous) == (SECOND, None)
    none = mindia.webhooks.rotate_secret(
        tenant_id=tenant_id,
        webhook_id=uuid.uuid4(),
        signing_secret=SECOND,
        keep_previous_for=MINUTE,
    )
    assert none == 0


def test_a_secret_that_is_too_short_is_refused_and_not_shown(
    mindia: Mindia, tenant_id: uuid.UUID
) -> None:
    """Neither by the error nor by what PostgreSQL said of it."""
    with pytest.raises(CheckViolation) as caught:
        mindia.webhooks.subscribe(
            tenant_id=tenant_id, url="https://a.org", events=["a"], signing_secret="hush-hush"
        )
    assert caught.value.constraint == "webhooks_signing_secret_check"
    assert "hush-hush" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("events", [[], [None], ["a", None]])
def test_a_webhook_wants_something(
    observer: psycopg.Connection[Any], tenant_id: uuid.UUID, events: list[Any]
) -> None:
    """At least one type, and no NULL among them."""
    with pytest.raises(psycopg.errors.CheckViolation, match="webhooks_events_check"):
        observer.execute(
            "INSERT INTO mindia.webhooks (tenant_id, url, events) VALUES (%s, 'https://a', %s)",
            [tenant_id, events],
        )


@pytest.mark.usefixtures("subscribed")
def test_a_lost_lease_changes_nothing(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """A worker that stalled neither ends nor fails what another one delivers by now."""
    events = mindia.webhook_events
    events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    (stalled,) = claim(mindia)
    mine = {"tenant_id": tenant_id, "delivery_id": stalled.id}
    assert events.heartbeat_delivery(**mine, lease=stalled.lease, lease_for=MINUTE) == 1
    assert events.rescue_deliveries() == [], "the lease has not expired"
    expire(observer)
    (rescued,) = events.rescue_deliveries(tenant_id=tenant_id)
    assert (rescued.delivery_status, rescued.retry_count) == ("pending", 1)
    (current,) = claim(mindia, tenant_id=tenant_id)
    assert (current.id, current.lease) == (stalled.id, stalled.lease + 1)
    assert events.heartbeat_delivery(**mine, lease=stalled.lease, lease_for=MINUTE) == 0
    assert events.mark_delivered(**mine, lease=stalled.lease) == 0
    assert events.mark_failed(**mine, lease=stalled.lease, error_code="late") is None
    leases = [stalled.lease, current.lease]
    done = events.mark_all_delivered(
        tenant_ids=[tenant_id] * 2, delivery_ids=[current.id] * 2, leases=leases
    )
    assert [ended.id for ended in done] == [current.id]
    found = events.delivery_by_id(**mine)
    assert found is not None
    assert found.delivery_status == "delivered"
    assert events.mark_delivered(**mine, lease=current.lease) == 0, "it has ended"


@pytest.mark.usefixtures("subscribed")
def test_failures_wait_longer_each_time_and_are_given_up(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """Twelve more attempts, doubling from 5 seconds, a quarter to either side, at most an hour."""
    events = mindia.webhook_events
    events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    for attempt in range(1, 14):
        (delivery,) = claim(mindia)
        assert delivery.retry_count == attempt - 1
        failed = events.mark_failed(
            tenant_id=tenant_id,
            delivery_id=delivery.id,
            lease=delivery.lease,
            error_code="http_500",
            error_message="the receiver is ill",
        )
        assert failed is not None
        if attempt == 13:
            break
        assert failed.delivery_status == "pending"
        row = observer.execute(
            "SELECT EXTRACT(epoch FROM run_at - now()) FROM mindia.webhook_events"
        ).fetchone()
        assert row is not None
        nominal = min(3600, 5 * 2 ** (attempt - 1))
        assert 0.75 * nominal - 30 < row[0] <= 1.25 * nominal
        assert claim(mindia) == [], "it is not due"
        hurry(observer)
    assert failed.delivery_status == "failed"
    hurry(observer)
    assert claim(mindia) == []
    (given_up,) = events.failed_deliveries(tenant_id=tenant_id)
    assert (given_up.error_code, given_up.retry_count) == ("http_500", 13)
    assert events.redeliver(tenant_id=tenant_id, delivery_id=given_up.id) == 1
    assert [delivery.retry_count for delivery in claim(mindia)] == [0]


@pytest.mark.usefixtures("subscribed")
def test_what_must_not_be_repeated_is_given_up_at_once(
    mindia: Mindia, tenant_id: uuid.UUID
) -> None:
    """Such as an answer that says so."""
    events = mindia.webhook_events
    events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    (delivery,) = claim(mindia)
    failed = events.mark_failed(
        tenant_id=tenant_id,
        delivery_id=delivery.id,
        lease=delivery.lease,
        error_code="gone",
        retry=False,
    )
    assert failed is not None
    assert (failed.delivery_status, failed.retry_count) == ("failed", 1)


def test_nothing_more_is_delivered_to_an_inactive_webhook(
    mindia: Mindia, tenant_id: uuid.UUID, subscribed: uuid.UUID
) -> None:
    """Also not what was on its way; it fails, and is sent once somebody wants it to be."""
    hook = {"tenant_id": tenant_id, "webhook_id": subscribed}
    events = mindia.webhook_events
    events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    mindia.webhooks.update_webhook(**hook, is_active=False)
    assert claim(mindia) == []
    (failed,) = events.failed_deliveries(tenant_id=tenant_id)
    assert failed.error_code == "webhook_inactive"
    mindia.webhooks.update_webhook(**hook, is_active=True)
    assert events.redeliver(tenant_id=tenant_id, delivery_id=failed.id) == 1
    assert [delivery.id for delivery in claim(mindia)] == [failed.id]


def test_a_claim_names_one_tenant_or_takes_all(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID], observer: psycopg.Connection[Any]
) -> None:
    """And takes what it has locked alone, though another tenant has a delivery of that id."""
    one, two = new_tenant(), new_tenant()
    for tenant_id in (one, two):
        mindia.webhooks.subscribe(tenant_id=tenant_id, url="https://a.org", events=[UPLOADED])
    observer.execute(
        "INSERT INTO mindia.webhook_events (id, tenant_id, webhook_id, event_type, payload, run_at)"
        " SELECT given.id, tenant_id, webhook.id, %s, '{}', now() + given.delay"
        " FROM mindia.webhooks AS webhook CROSS JOIN ("
        "   VALUES (1, interval '0'), (2, interval '-1 hour')) AS given (id, delay)",
        [UPLOADED],
    )
    observer.execute(
        "UPDATE mindia.webhook_events SET run_at = now() + interval '1 hour'"
        " WHERE (tenant_id, id) IN ((%s, 2), (%s, 1))",
        [one, two],
    )
    assert [(d.tenant_id, d.id) for d in claim(mindia, 10, tenant_id=two)] == [(two, 2)]
    assert [(d.tenant_id, d.id) for d in claim(mindia, 10)] == [(one, 1)]
    row = observer.execute(
        "SELECT count(*) FROM mindia.webhook_events WHERE delivery_status = 'pending' AND lease = 0"
    ).fetchone()
    assert row == (2,)


def test_pages_and_purge(mindia: Mindia, tenant_id: uuid.UUID, subscribed: uuid.UUID) -> None:
    """Newest first, page after page; then what has ended goes."""
    hook = {"tenant_id": tenant_id, "webhook_id": subscribed}
    events = mindia.webhook_events
    for _ in range(5):
        events.publish_event(tenant_id=tenant_id, event_type=UPLOADED, payload={})
    seen: list[int] = []
    before: dict[str, Any] = {}
    while page := events.deliveries_of_webhook(**hook, limit=2, **before):
        seen += [delivery.id for delivery in page]
        before = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    for delivery in claim(mindia, 2):
        events.mark_delivered(tenant_id=tenant_id, delivery_id=delivery.id, lease=delivery.lease)
    done = events.deliveries_of_webhook(**hook, delivery_status="delivered")
    assert len(done) == 2
    ended = done[0].finished_at
    assert ended is not None
    assert events.purge_deliveries(before=ended + MINUTE, batch_size=1) == 1
    assert events.purge_deliveries(before=ended + MINUTE) == 1
    assert events.purge_deliveries(before=ended + MINUTE) == 0
    assert mindia.webhooks.unsubscribe(**hook) == 1
    assert events.deliveries_of_webhook(**hook) == []
