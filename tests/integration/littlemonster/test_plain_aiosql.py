"""The query files of accounts, tokens and queues run in plain aiosql, without pgrepo."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from tests.integration.littlemonster.tokens import stored
from tests.integration.plain_aiosql import not_called

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from tests.integration.littlemonster.conftest import Files

NAMES = (
    "users",
    "oauth_connections",
    "refresh_tokens",
    "password_reset_tokens",
    "transcription_jobs",
    "transcriptions",
    "jobs",
)
FIRST_PAGE: dict[str, Any] = {"before_created_at": None, "before_id": None, "limit": 10}
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def enqueue_recording(files: Files, user_id: uuid.UUID, **options: Any) -> uuid.UUID:
    """A new transcription job's id."""
    given: dict[str, Any] = {
        "idempotency_key": None,
        "file_name": "lecture.wav",
        "mime_type": None,
        "file_size_bytes": None,
        "duration_ms": None,
        "language": "en",
        "model": None,
        "run_at": None,
        "max_retries": 3,
    }
    row = files.transcription_jobs.enqueue_transcription_job(
        user_id=user_id, storage_url="s3://sound", **(given | options)
    )
    job_id: uuid.UUID = row[0]
    return job_id


def enqueue(files: Files, **options: Any) -> uuid.UUID:
    """A new job's id."""
    given: dict[str, Any] = {
        "queue": "mail",
        "job_type": "send",
        "payload": Jsonb({"to": "ada"}),
        "user_id": None,
        "idempotency_key": None,
        "priority": 0,
        "run_at": None,
        "max_retries": 3,
    }
    row = files.jobs.enqueue_job(**(given | options))
    job_id: uuid.UUID = row[0]
    return job_id


def test_users(files: Files) -> None:
    """Every query of users.sql."""
    users = files.users
    user_id = users.register_user(
        email="Ada@Example.org",
        password_hash="hash",
        full_name=None,
        avatar_url=None,
        role="student",
    )[0]
    assert users.user_by_id(user_id=user_id)[1] == "Ada@Example.org"
    assert users.user_by_email(email="ADA@example.org")[0] == user_id
    assert users.user_credentials(email="ada@example.org") == (user_id, "hash", None)
    page = users.users_page(role="student", status="active", **FIRST_PAGE)
    assert [row[0] for row in page] == [user_id]
    assert users.update_user(user_id=user_id, full_name="A. L.", avatar_url=None)[2] == "A. L."
    assert users.set_email(user_id=user_id, email="a@example.org")[1] == "a@example.org"
    assert users.verify_email(user_id=user_id, email="A@example.org") == 1
    assert users.set_password_hash(user_id=user_id, password_hash="new") == 1
    assert users.record_login(user_id=user_id) == 1
    assert users.set_role(user_id=user_id, role="admin")[4] == "admin"
    assert users.suspend_user(user_id=user_id) == 1
    assert users.record_login(user_id=user_id) == 0
    assert users.reactivate_user(user_id=user_id) == 1
    assert users.delete_user(user_id=user_id) == 1
    assert users.user_by_id(user_id=user_id) is None


def test_oauth_connections(files: Files) -> None:
    """Every query of oauth_connections.sql."""
    oauth = files.oauth_connections
    user_id = oauth.register_oauth_user(
        email="ada@example.org",
        provider="google",
        provider_user_id="g1",
        full_name=None,
        avatar_url=None,
        email_verified=True,
    )[0]
    linked = oauth.link_oauth(
        user_id=user_id, provider="apple", provider_user_id="a1", provider_email=None
    )
    assert linked[1:4] == (user_id, "apple", "a1")
    assert oauth.user_by_oauth(provider="apple", provider_user_id="a1")[0] == user_id
    seen = oauth.record_oauth_login(
        provider="apple", provider_user_id="a1", provider_email="ada@apple.example"
    )
    assert seen[4] == "ada@apple.example"
    assert [row[2] for row in oauth.connections_of_user(user_id=user_id)] == ["apple", "google"]
    assert oauth.unlink_oauth(user_id=user_id, provider="apple") == 1
    assert oauth.unlink_oauth(user_id=user_id, provider="google") == 0


def test_refresh_tokens(files: Files) -> None:
    """Every query of refresh_tokens.sql."""
    tokens = files.refresh_tokens
    user_id = files.user()
    device: dict[str, Any] = {"user_agent": "Browser", "ip_address": "192.0.2.1"}

    def issue(token: str) -> Any:
        return tokens.issue_refresh_token(
            user_id=user_id,
            token_hash=stored(token),
            valid_for=HOUR,
            password_changed_at=None,
            **device,
        )

    def rotate(token: str, new_token: str) -> Any:
        return tokens.rotate_refresh_token(
            token_hash=stored(token), new_token_hash=stored(new_token), valid_for=HOUR, **device
        )

    issued = issue("1")
    assert rotate("1", "2")[2] == issued[2]
    assert rotate("1", "3") is None
    assert rotate("2", "3") is None
    reused = tokens.reused_refresh_tokens(before_reused_at=None, before_id=None, limit=10)
    assert [row[0] for row in reused] == [issued[0]]
    families = [issue(f"login {n}")[2] for n in range(3)]
    logins = tokens.logins_of_user(user_id=user_id, **FIRST_PAGE)
    assert {row[1] for row in logins} == set(families)
    assert tokens.revoke_refresh_token(token_hash=stored("login 0")) == 1
    assert tokens.revoke_login(user_id=user_id, family_id=families[1], reason="logout") == 1
    assert tokens.revoke_user_tokens(user_id=user_id, reason="administrator") == 1
    files.connection.execute(
        "UPDATE littlemonster.refresh_tokens SET created_at = now() - interval '1 day',"
        " expires_at = now() - interval '1 hour'"
    )
    assert tokens.purge_expired_tokens(batch_size=10) == 5


def test_password_reset_tokens(files: Files) -> None:
    """Every query of password_reset_tokens.sql."""
    resets = files.password_reset_tokens
    user_id = files.user()
    for token in ("1", "2"):
        issued = resets.issue_password_reset(
            user_id=user_id, token_hash=stored(token), valid_for=HOUR
        )
    owner = resets.password_reset_owner(token_hash=stored("2"))
    assert owner == (user_id, "ada@example.org", issued[2])
    used = resets.consume_password_reset(token_hash=stored("2"), password_hash="new")
    assert used == (user_id, "ada@example.org")
    assert resets.consume_password_reset(token_hash=stored("2"), password_hash="x") is None
    page = resets.password_resets_of_user(user_id=user_id, **FIRST_PAGE)
    assert [row[0] for row in page] == [issued[0]]
    resets.issue_password_reset(user_id=user_id, token_hash=stored("3"), valid_for=HOUR)
    assert resets.cancel_password_reset(user_id=user_id) == 1
    assert files.users.user_credentials(email="ada@example.org")[1] == "new"


def test_transcription_jobs(files: Files) -> None:
    """Every query of transcription_jobs.sql."""
    queue = files.transcription_jobs
    user_id = files.user()
    for n in range(5):
        enqueue_recording(files, user_id, idempotency_key=f"upload {n}")
    first = enqueue_recording(files, user_id, idempotency_key="upload 0")
    changed = queue.update_transcription_job(
        job_id=first,
        file_name="a.wav",
        language="sw",
        model="large",
        run_at=queue.transcription_job_by_id(job_id=first)[12],
        max_retries=2,
    )
    assert changed[8:10] == ("sw", "large")
    claimed = transcribe(files, first)
    files.connection.execute(
        "UPDATE littlemonster.transcription_jobs SET lease_expires_at = now() - interval '1 s'"
        " WHERE status = 'running'"
    )
    (rescued,) = queue.rescue_transcription_jobs(batch_size=10)
    assert rescued[:3] == (claimed[4][0], "pending", "w")
    assert queue.transcription_job_by_id(job_id=claimed[3][0])[10] == "cancelled"
    waiting = queue.transcription_jobs_of_user(user_id=user_id, status="pending", **FIRST_PAGE)
    assert {row[0] for row in waiting} == {claimed[2][0], claimed[4][0]}
    assert queue.delete_transcription_job(job_id=claimed[2][0]) == 1
    later = files.connection.execute("SELECT now() + interval '1 s'").fetchone()
    assert later is not None
    assert queue.purge_transcription_jobs(before=later[0], batch_size=10) == 3


def transcribe(files: Files, first: uuid.UUID) -> list[tuple[Any, ...]]:
    """Claims all five; two are done, one is tried again, one cancelled, and one left running."""
    queue = files.transcription_jobs
    claimed: list[tuple[Any, ...]] = queue.claim_transcription_jobs(
        worker="w", lease_for=MINUTE, batch_size=5
    )
    attempts = [{"job_id": row[0], "lease": row[1]} for row in claimed]
    assert first in {row[0] for row in claimed}
    beat = queue.heartbeat_transcription_job(**attempts[0], lease_for=HOUR, progress=50)
    assert beat == 1
    done = queue.complete_transcription(
        **attempts[0],
        text="heard",
        title=None,
        language=None,
        model="large",
        segments=Jsonb([]),
        confidence=None,
        duration_ms=None,
    )
    assert done is not None
    batch = queue.complete_transcriptions(
        job_ids=[claimed[1][0]],
        leases=[claimed[1][1]],
        texts=["heard"],
        languages=None,
        segments=[Jsonb([{"start": 0}])],
        confidences=[0.5],
    )
    assert [row[0] for row in batch] == [claimed[1][0]]
    failed = queue.fail_transcription_job(
        **attempts[2], error_code="busy", error_message=None, retry=False
    )
    assert failed[0] == "failed"
    assert queue.retry_transcription_job(job_id=claimed[2][0]) == 1
    assert queue.cancel_transcription_job(job_id=claimed[3][0]) == 1
    return claimed


def test_transcriptions(files: Files) -> None:
    """Every query of transcriptions.sql."""
    transcriptions = files.transcriptions
    user_id = files.user()
    made = transcriptions.create_transcription(
        user_id=user_id,
        text="heard",
        title="Lecture",
        language="en",
        model=None,
        segments=None,
        confidence=0.5,
        duration_ms=1000,
    )
    assert transcriptions.transcription_by_id(transcription_id=made[0]) == made
    assert transcriptions.transcription_of_job(job_id=user_id) is None
    page = transcriptions.transcriptions_of_user(user_id=user_id, language="en", **FIRST_PAGE)
    assert [row[0] for row in page] == [made[0]]
    changed = transcriptions.update_transcription(
        transcription_id=made[0], title=None, language=None, text="seen", segments=Jsonb([])
    )
    assert changed[3:8] == (None, None, None, "seen", [])
    assert transcriptions.delete_transcription(transcription_id=made[0]) == 1


def mails(run_at: datetime) -> list[dict[str, Any]]:
    """Five jobs that are due, each more urgent than the one before."""
    return [
        {
            "queue": "mail",
            "job_type": "send",
            "payload": Jsonb({"n": n}),
            "user_id": None,
            "priority": n,
            "run_at": run_at,
            "max_retries": 0,
        }
        for n in range(5)
    ]


def test_jobs(files: Files) -> None:
    """Every query of jobs.sql."""
    jobs = files.jobs
    user_id = files.user()
    first = enqueue(files, user_id=user_id, idempotency_key="1")
    assert enqueue(files, idempotency_key="1") == first
    now = files.connection.execute("SELECT now()").fetchone()
    assert now is not None
    jobs.enqueue_jobs(mails(now[0]))
    changed = jobs.update_job(
        job_id=first, payload=Jsonb({}), priority=9, run_at=now[0], max_retries=1
    )
    assert changed[7] == 9
    assert jobs.queue_depths() == [("mail", 6, 0, 0, now[0])]
    claimed = jobs.claim_jobs(queue="mail", worker="w", lease_for=MINUTE, batch_size=5)
    assert [row[7] for row in claimed] == [9, 4, 3, 2, 1]
    attempts = [{"job_id": row[0], "lease": row[1]} for row in claimed]
    assert jobs.heartbeat_job(**attempts[0], lease_for=HOUR, progress=1) == 1
    running = jobs.running_jobs(queue="mail", after_started_at=None, after_id=None, limit=10)
    assert {row[0] for row in running} == {row[0] for row in claimed}
    assert jobs.complete_job(**attempts[0], result=Jsonb({"ok": True})) == 1
    batch = jobs.complete_jobs(
        job_ids=[claimed[1][0]], leases=[claimed[1][1]], results=[Jsonb({"ok": True})]
    )
    assert [row[0] for row in batch] == [claimed[1][0]]
    failed = jobs.fail_job(**attempts[2], error_code="busy", error_message="x", retry=True)
    assert failed[0] == "failed"
    listed = jobs.failed_jobs(queue="mail", before_finished_at=None, before_id=None, limit=10)
    assert [row[0] for row in listed] == [claimed[2][0]]
    assert jobs.retry_job(job_id=claimed[2][0]) == 1
    assert jobs.cancel_job(job_id=claimed[3][0]) == 1
    files.connection.execute(
        "UPDATE littlemonster.jobs SET lease_expires_at = now() - interval '1 s'"
        " WHERE status = 'running'"
    )
    (rescued,) = jobs.rescue_jobs(batch_size=10)
    assert rescued[:3] == (claimed[4][0], "mail", "failed")
    assert jobs.job_by_id(job_id=claimed[0][0])[6] == {"ok": True}
    mine = jobs.jobs_of_user(user_id=user_id, queue="mail", status="completed", **FIRST_PAGE)
    assert [row[0] for row in mine] == [first]
    assert jobs.delete_job(job_id=claimed[2][0]) == 1
    later = now[0] + timedelta(seconds=1)
    assert jobs.purge_jobs(before=later, batch_size=10) == 4


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to one of these files needs a call in this module."""
    names = files.names(NAMES)
    assert "rotate_refresh_token" in names
    assert not_called(names, Path(__file__)) == set()
