"""What type checkers must make of littlemonster's accounts, tokens and queues; never run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, assert_type

from pgrepo.domains.littlemonster.jobs import ClaimedJob, FailedAttempt
from pgrepo.domains.littlemonster.refresh_tokens import RefreshToken
from pgrepo.domains.littlemonster.tables import Job, Transcription
from pgrepo.domains.littlemonster.users import User, UserCredentials
from pgrepo.runtime import JSON

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.littlemonster import AsyncLittlemonster, Littlemonster

MINUTE = timedelta(minutes=1)


def accounts(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Registering always gives a user; the words of roles are checked."""
    users = littlemonster.users
    made = users.register_user(email="ada@example.org", role="teacher")
    assert_type(made, User)
    assert_type(made.status, Literal["active", "suspended"])
    assert_type(made.last_login_at, datetime | None)
    assert_type(users.user_by_email(email="ada@example.org"), User | None)
    assert_type(users.user_credentials(email="ada@example.org"), UserCredentials | None)
    users.register_user(email="ada@example.org", role="owner")  # type: ignore[arg-type]
    users.update_user(user_id=user_id, full_name=None)
    users.set_email(user_id=user_id, email=None)  # type: ignore[arg-type]


def tokens(littlemonster: Littlemonster, user_id: UUID) -> None:
    """A token may be refused; revoking an unknown one says so."""
    refresh = littlemonster.refresh_tokens
    issued = refresh.issue_refresh_token(user_id=user_id, token_hash=b"", valid_for=MINUTE)
    assert_type(issued, RefreshToken | None)
    refresh.issue_refresh_token(
        user_id=user_id, token_hash=b"", valid_for=MINUTE, password_changed_at=None
    )
    assert_type(refresh.revoke_refresh_token(token_hash=b""), int | None)
    assert_type(refresh.revoke_user_tokens(user_id=user_id), int)
    assert_type(refresh.purge_expired_tokens(), int)


def queues(littlemonster: Littlemonster, job_id: UUID) -> None:
    """Payloads are JSON, and who claims knows the lease."""
    (job,) = littlemonster.jobs.claim_jobs(queue="mail", worker="w", lease_for=MINUTE)
    assert_type(job, ClaimedJob)
    assert_type(job.lease, int)
    assert_type(job.lease_expires_at, datetime)
    assert_type(job.payload, JSON)
    after = littlemonster.jobs.fail_job(job_id=job_id, lease=1, error_code="busy")
    assert_type(after, FailedAttempt | None)
    assert_type(littlemonster.jobs.job_by_id(job_id=job_id), Job | None)
    made = littlemonster.transcriptions.transcription_of_job(job_id=job_id)
    assert_type(made, Transcription | None)


async def asynchronously(littlemonster: AsyncLittlemonster, job_id: UUID) -> None:
    """The same, awaited."""
    count = await littlemonster.jobs.heartbeat_job(job_id=job_id, lease=1, lease_for=MINUTE)
    assert_type(count, int)
