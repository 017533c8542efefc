"""The queue of tasks: claims, leases, retries, rescue and completion."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import CheckViolation

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from pgrepo.domains.mindia import Mindia
    from pgrepo.domains.mindia.tables import TaskType
    from pgrepo.domains.mindia.tasks import ClaimedTask

MINUTE = timedelta(minutes=1)
EMBED: TaskType = "generate_embedding"
TRANSCODE: TaskType = "video_transcode"
RETRIES = 3


def enqueue(mindia: Mindia, tenant_id: uuid.UUID, **options: Any) -> uuid.UUID:
    """Adds a task that embeds, and returns its id."""
    given = {"task_type": EMBED, "payload": {}} | options
    return mindia.tasks.enqueue_task(tenant_id=tenant_id, **given).id


def claim(mindia: Mindia, batch_size: int = 1, **options: Any) -> list[ClaimedTask]:
    """Claims tasks that embed for a minute."""
    given = {"task_type": EMBED, "worker": "worker", "lease_for": MINUTE} | options
    return mindia.tasks.claim_tasks(batch_size=batch_size, **given)


def expire(observer: psycopg.Connection[Any]) -> None:
    """Lets every claim run out."""
    observer.execute(
        "UPDATE mindia.tasks SET lease_expires_at = now() - interval '1 second'"
        " WHERE status = 'running'"
    )


def hurry(observer: psycopg.Connection[Any]) -> None:
    """Makes every waiting task due."""
    observer.execute("UPDATE mindia.tasks SET scheduled_for = now() WHERE status = 'pending'")


def test_the_most_urgent_come_first_and_then_the_oldest(
    mindia: Mindia, tenant_id: uuid.UUID
) -> None:
    """By priority, then by scheduled_for; what is not due or of another type stays."""
    now = datetime.now(UTC)
    late = enqueue(mindia, tenant_id, scheduled_for=now - MINUTE)
    early = enqueue(mindia, tenant_id, scheduled_for=now - 2 * MINUTE)
    urgent = enqueue(mindia, tenant_id, priority=9)
    enqueue(mindia, tenant_id, priority=9, scheduled_for=now + timedelta(hours=1))
    film = enqueue(mindia, tenant_id, task_type=TRANSCODE, payload={"video": 1})
    assert [task.id for task in claim(mindia, 2)] == [urgent, early]
    assert [task.id for task in claim(mindia, 10)] == [late]
    assert claim(mindia, 10) == []
    (transcode,) = claim(mindia, task_type=TRANSCODE)
    assert (transcode.id, transcode.payload) == (film, {"video": 1})


@pytest.mark.parametrize("priority", [-1, 10])
def test_priorities_go_from_0_to_9(mindia: Mindia, tenant_id: uuid.UUID, priority: int) -> None:
    """A claim looks for no others."""
    with pytest.raises(CheckViolation) as caught:
        enqueue(mindia, tenant_id, priority=priority)
    assert caught.value.constraint == "tasks_priority_check"


def test_a_claim_names_one_tenant_or_takes_all(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID], observer: psycopg.Connection[Any]
) -> None:
    """And takes what it has locked alone, though another tenant has a task of the same id."""
    one, two = new_tenant(), new_tenant()
    same, other = uuid.uuid4(), uuid.uuid4()
    for tenant_id, task_id, delay in (
        (one, same, "0"), (one, other, "1 hour"), (two, same, "1 hour"), (two, other, "0"),
    ):  # fmt: skip
        observer.execute(
            "INSERT INTO mindia.tasks (tenant_id, id, task_type, payload, scheduled_for)"
            " VALUES (%s, %s, %s, '{}', now() + %s::interval)",
            [tenant_id, task_id, EMBED, delay],
        )
    assert [(t.tenant_id, t.id) for t in claim(mindia, 10, tenant_id=one)] == [(one, same)]
    assert [(t.tenant_id, t.id) for t in claim(mindia, 10)] == [(two, other)]
    expire(observer)
    rescued = mindia.tasks.rescue_tasks()
    assert {(task.tenant_id, task.id) for task in rescued} == {(one, same), (two, other)}
    untouched = observer.execute("SELECT count(*) FROM mindia.tasks WHERE lease = 0").fetchone()
    assert untouched == (2,)


def test_every_task_goes_to_one_worker(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Eight workers, and more than their batches hold."""
    count = mindia.tasks.enqueue_tasks(
        tenant_id=tenant_id, task_type=EMBED, payloads=[{"n": n} for n in range(200)]
    )
    assert count == 200

    def work(number: int) -> list[uuid.UUID]:
        found: list[uuid.UUID] = []
        while batch := claim(mindia, 7, worker=f"worker {number}"):
            found += [task.id for task in batch]
        return found

    with ThreadPoolExecutor(8) as pool:
        claimed = [task_id for found in pool.map(work, range(8)) for task_id in found]
    assert len(claimed) == len(set(claimed)) == 200


def test_a_lost_lease_changes_nothing(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """A worker that stalled neither ends nor fails what another one works on by now."""
    tasks = mindia.tasks
    enqueue(mindia, tenant_id)
    (stalled,) = claim(mindia)
    mine = {"tenant_id": tenant_id, "task_id": stalled.id}
    assert tasks.heartbeat_task(**mine, lease=stalled.lease, lease_for=MINUTE) == 1
    assert tasks.rescue_tasks() == [], "the lease has not expired"
    expire(observer)
    (rescued,) = tasks.rescue_tasks(tenant_id=tenant_id)
    assert (rescued.status, rescued.claimed_by, rescued.retry_count) == ("pending", "worker", 1)
    (current,) = claim(mindia)
    assert (current.id, current.lease) == (stalled.id, stalled.lease + 1)
    assert tasks.heartbeat_task(**mine, lease=stalled.lease, lease_for=MINUTE) == 0
    assert tasks.complete_task(**mine, lease=stalled.lease) == 0
    assert tasks.fail_task(**mine, lease=stalled.lease, error_code="late") is None
    ended = tasks.complete_tasks(
        tenant_ids=[tenant_id] * 2,
        task_ids=[current.id] * 2,
        leases=[stalled.lease, current.lease],
    )
    assert [task.id for task in ended] == [current.id]
    found = tasks.task_by_id(**mine)
    assert found is not None
    assert (found.status, found.error_code) == ("completed", None)
    assert tasks.complete_task(**mine, lease=current.lease) == 0, "it has ended"


def test_failures_wait_longer_each_time_and_end(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """Doubling from 5 seconds, a quarter to either side; the last one is for good."""
    task_id = enqueue(mindia, tenant_id, max_retries=RETRIES)
    mine = {"tenant_id": tenant_id, "task_id": task_id}
    for attempt in range(1, RETRIES + 2):
        (task,) = claim(mindia)
        failed = mindia.tasks.fail_task(
            **mine, lease=task.lease, error_code="no_memory", error_message="of 8 GB"
        )
        assert failed is not None
        assert failed.retry_count == attempt
        if attempt > RETRIES:
            break
        assert failed.status == "pending"
        row = observer.execute(
            "SELECT EXTRACT(epoch FROM scheduled_for - now()) FROM mindia.tasks"
        ).fetchone()
        assert row is not None
        nominal = 5 * 2 ** (attempt - 1)
        assert 0.75 * nominal - 30 < row[0] <= 1.25 * nominal
        assert claim(mindia) == [], "it is not due"
        hurry(observer)
    assert failed.status == "failed"
    (given_up,) = mindia.tasks.failed_tasks(tenant_id=tenant_id)
    assert (given_up.error_code, given_up.error_message) == ("no_memory", "of 8 GB")
    assert mindia.tasks.retry_task(**mine) == 1
    assert [task.retry_count for task in claim(mindia)] == [0]


def test_a_task_that_kills_its_workers_ends(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """Every rescue counts as a failed attempt."""
    enqueue(mindia, tenant_id, max_retries=1)
    for status in ("pending", "failed"):
        claim(mindia)
        expire(observer)
        (rescued,) = mindia.tasks.rescue_tasks()
        assert rescued.status == status
    (failed,) = mindia.tasks.failed_tasks(tenant_id=tenant_id)
    assert failed.error_code == "lease_expired"


def test_a_cancelled_task_is_lost_to_its_worker(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Who learns of it by the next heartbeat."""
    mine = {"tenant_id": tenant_id, "task_id": enqueue(mindia, tenant_id)}
    (task,) = claim(mindia)
    assert mindia.tasks.cancel_task(**mine) == 1
    assert mindia.tasks.heartbeat_task(**mine, lease=task.lease, lease_for=MINUTE) == 0
    assert mindia.tasks.complete_task(**mine, lease=task.lease) == 0
    assert mindia.tasks.cancel_task(**mine) == 0, "it has ended"


def test_one_key_makes_one_task_of_a_tenant(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """Of two tenants with that key each has its own."""
    one, two = new_tenant(), new_tenant()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: enqueue(mindia, one, idempotency_key="upload 7"), range(16)))
    assert len(made) == 1
    assert enqueue(mindia, two, idempotency_key="upload 7") not in made


def test_only_a_pending_task_is_changed(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """A patch: what is not given stays."""
    mine = {"tenant_id": tenant_id, "task_id": enqueue(mindia, tenant_id, priority=2)}
    changed = mindia.tasks.update_task(**mine, payload={"image": 3})
    assert changed is not None
    assert (changed.payload, changed.priority) == ({"image": 3}, 2)
    claim(mindia)
    assert mindia.tasks.update_task(**mine, priority=3) is None


def test_workers_are_woken_once_a_statement(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """However many tasks it adds."""
    observer.execute("LISTEN mindia_tasks")
    mindia.tasks.enqueue_tasks(tenant_id=tenant_id, task_type=EMBED, payloads=[{}] * 50)
    assert len(list(observer.notifies(timeout=0.2))) == 1


def test_heartbeats_touch_no_index(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """They are HOT updates, all of them."""
    enqueue(mindia, tenant_id)
    (task,) = claim(mindia)
    with observer.transaction():
        for _ in range(10):
            observer.execute("UPDATE mindia.tasks SET lease_expires_at = now()")
        row = observer.execute(
            "SELECT pg_stat_get_xact_tuples_hot_updated('mindia.tasks'::regclass)"
        ).fetchone()
    assert row == (10,)
    assert task.lease == 1


def test_pages_and_purge(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Newest first, page after page; then what has ended goes."""
    for _ in range(5):
        enqueue(mindia, tenant_id)
    seen: list[datetime] = []
    before: dict[str, Any] = {}
    while page := mindia.tasks.tasks_page(tenant_id=tenant_id, limit=2, **before):
        seen += [task.created_at for task in page]
        before = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    for task in claim(mindia, 2):
        mindia.tasks.complete_task(tenant_id=tenant_id, task_id=task.id, lease=task.lease)
    done = mindia.tasks.tasks_page(tenant_id=tenant_id, status="completed")
    assert len(done) == 2
    ended = done[0].completed_at
    assert ended is not None
    assert mindia.tasks.purge_tasks(before=ended + MINUTE, batch_size=1) == 1
    assert mindia.tasks.purge_tasks(before=ended + MINUTE) == 1
    assert mindia.tasks.purge_tasks(before=ended + MINUTE) == 0
