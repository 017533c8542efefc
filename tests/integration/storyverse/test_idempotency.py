"""One idempotency key, one job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.integration.storyverse.world import at_once

if TYPE_CHECKING:
    import uuid

    from pgrepo.domains.storyverse.jobs import EnqueueJob
    from tests.integration.storyverse.world import World

KEY = "the same request"


def enqueue(world: World, scene_id: uuid.UUID, key: str | None = KEY) -> EnqueueJob:
    """Adds a job by a key."""
    return world.storyverse.jobs.enqueue_job(
        scene_id=scene_id,
        user_id=world.value("SELECT user_id FROM storyverse.scenes WHERE id = %s", scene_id),
        input_text="And then?",
        idempotency_key=key,
    )


def test_fifty_threads(world: World) -> None:
    """Of fifty at once one adds the job, and all return it."""
    scene_id, user_id = world.scene(), world.user()

    def one(_: int) -> EnqueueJob:
        return world.storyverse.jobs.enqueue_job(
            scene_id=scene_id, user_id=user_id, input_text="And then?", idempotency_key=KEY
        )

    found = at_once(50, one)
    assert len({(job.id, job.created_at) for job in found}) == 1
    assert sum(job.is_new for job in found) == 1
    assert world.query("SELECT id, idempotency_key FROM storyverse.jobs") == [(found[0].id, KEY)]


def test_two_months_apart(world: World) -> None:
    """The key of a job in another partition is known as well."""
    scene_id = world.scene()
    first = enqueue(world, scene_id)
    # As if it had been enqueued then.
    partition = world.month("jobs", -2)
    world.connection.execute(
        """
        WITH moved AS (
            UPDATE storyverse.jobs SET created_at = created_at - interval '2 months'
            RETURNING created_at
        )
        UPDATE storyverse.job_idempotency_keys SET job_created_at = moved.created_at FROM moved
        """
    )
    assert world.value("SELECT tableoid::regclass::text FROM storyverse.jobs") == (
        f"storyverse.{partition}"
    )
    again = enqueue(world, scene_id)
    assert (again.id, again.is_new) == (first.id, False)
    found = world.storyverse.jobs.job_by_id(job_id=again.id, created_at=again.created_at)
    assert found is not None
    assert world.value("SELECT count(*) FROM storyverse.jobs") == 1


def test_a_key_of_a_transaction_that_is_rolled_back_is_free(world: World) -> None:
    """The one who waited for it adds the job."""
    scene_id = world.scene()
    user_id = world.user()

    def request(storyverse: Any) -> EnqueueJob:
        return storyverse.jobs.enqueue_job(  # type: ignore[no-any-return]
            scene_id=scene_id, user_id=user_id, input_text="?", idempotency_key=KEY
        )

    class Undo(Exception):
        pass

    try:
        with world.storyverse.transaction() as tx:
            first = request(tx)
            raise Undo
    except Undo:
        pass
    second = request(world.storyverse)
    assert second.is_new
    assert second.id != first.id


def test_without_a_key_every_call_adds_a_job(world: World) -> None:
    """NULL is no key."""
    scene_id = world.scene()
    found = [enqueue(world, scene_id, None) for _ in range(3)]
    assert all(job.is_new for job in found)
    assert world.value("SELECT count(*) FROM storyverse.jobs") == 3
    assert world.value("SELECT count(*) FROM storyverse.job_idempotency_keys") == 0


def test_keys_are_purged_by_age(world: World) -> None:
    """In batches, oldest first; a forgotten key makes a new job."""
    scene_id = world.scene()
    first = enqueue(world, scene_id)
    for number in range(3):
        enqueue(world, scene_id, f"another {number}")
    jobs = world.storyverse.jobs
    long_ago = datetime.now(UTC) - timedelta(days=180)
    assert jobs.purge_job_idempotency_keys(before=long_ago, batch_size=9) == 0
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert [jobs.purge_job_idempotency_keys(before=soon, batch_size=3) for _ in range(3)] == [
        3,
        1,
        0,
    ]
    assert enqueue(world, scene_id).id != first.id
