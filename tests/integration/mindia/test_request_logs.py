"""Requests are recorded in bulk, and counted as a plain count of them says."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import CheckViolation, DatabaseError
from pgrepo.domains.mindia.request_logs import NewRequest

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    import psycopg

    from pgrepo.domains.mindia import Mindia

HOUR = timedelta(hours=1)
PATHS = ("/images", "/search", "/videos/{id}")


def request(tenant_id: uuid.UUID | None, at: datetime, **given: Any) -> NewRequest:
    """A request, with what is given in place of the usual."""
    usual = {
        "method": "GET",
        "path": "/images",
        "status_code": 200,
        "response_time_ms": 10,
        "bytes_sent": 100,
        "bytes_received": None,
        "ip_address": "192.0.2.1",
        "user_agent": None,
    }
    return NewRequest(tenant_id=tenant_id, created_at=at, **(usual | given))


@pytest.fixture
def start() -> datetime:
    """The last full hour but two; what follows is in this month or the next, as is its past."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    month = now.replace(day=1, hour=0)
    return max(now - 2 * HOUR, month)


def percentile(times: list[int], share: float) -> int:
    """The smallest value that is at least as large as that share of all."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


def test_statistics_are_what_counting_by_hand_gives(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID], start: datetime
) -> None:
    """By path and bucket, of one tenant; the end of the time is not in it."""
    draw = random.Random(5)  # noqa: S311 - the same rows every time
    tenant_id, other = new_tenant(), new_tenant()
    rows = [
        request(
            draw.choice([tenant_id, tenant_id, other, None]),
            start + timedelta(seconds=draw.randrange(2 * 3600)),
            path=draw.choice(PATHS),
            status_code=draw.choice([200, 200, 404, 500, 503]),
            response_time_ms=draw.randrange(500),
        )
        for _ in range(600)
    ]
    rows.append(request(tenant_id, start + 2 * HOUR, response_time_ms=9999))
    assert mindia.request_logs.log_requests(rows) == len(rows)

    groups: dict[tuple[datetime, str], list[NewRequest]] = defaultdict(list)
    for row in rows[:-1]:
        if row.tenant_id == tenant_id:
            assert row.created_at is not None
            bucket = start + timedelta(minutes=30) * ((row.created_at - start) // (HOUR / 2))
            groups[bucket, row.path].append(row)
    wanted = {}
    for key, group in groups.items():
        times = [row.response_time_ms for row in group]
        errors = sum(row.status_code >= 500 for row in group)
        shares = [percentile(times, share) for share in (0.5, 0.95, 0.99)]
        wanted[key] = (len(group), errors, errors / len(group), *shares)

    found = mindia.request_logs.request_stats(
        tenant_id=tenant_id, starts_at=start, ends_at=start + 2 * HOUR, bucket=HOUR / 2
    )
    assert {
        (row.bucket_starts_at, row.path): (
            row.request_count,
            row.error_count,
            row.error_rate,
            row.p50_ms,
            row.p95_ms,
            row.p99_ms,
        )
        for row in found
    } == wanted
    assert [row.bucket_starts_at for row in found] == sorted(key[0] for key in wanted)
    of_all = mindia.request_logs.request_stats(
        starts_at=start, ends_at=start + 2 * HOUR, bucket=timedelta(days=1)
    )
    assert sum(row.request_count for row in of_all) == 600, "those of nobody, too"


def test_slowest_paths_are_those_with_the_slowest_requests(
    mindia: Mindia, tenant_id: uuid.UUID, start: datetime
) -> None:
    """By the 95th percentile, if they were asked for often enough."""
    rows = [
        request(tenant_id, start, path=path, response_time_ms=time)
        for path, times in {"/a": [10] * 20, "/b": [1] * 18 + [900] * 2, "/c": [5000]}.items()
        for time in times
    ]
    mindia.request_logs.log_requests(rows)
    time = {"tenant_id": tenant_id, "starts_at": start, "ends_at": start + HOUR}
    found = mindia.request_logs.slowest_paths(**time, min_requests=2)
    assert [(row.path, row.p50_ms, row.p95_ms) for row in found] == [("/b", 1, 900), ("/a", 10, 10)]
    assert [row.path for row in mindia.request_logs.slowest_paths(**time, limit=1)] == ["/c"]


def test_pages_of_requests(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID], start: datetime
) -> None:
    """Newest first, none twice, though many were at one time; of a path, with a status."""
    tenant_id, other = new_tenant(), new_tenant()
    rows = [
        request(
            owner,
            start + timedelta(seconds=n // 4),
            path=PATHS[n % 3],
            status_code=[200, 500][n % 2],
        )
        for n in range(30)
        for owner in (tenant_id, other)
    ]
    mindia.request_logs.log_requests(rows)
    for narrowed, count in (({}, 30), ({"path": "/search"}, 10), ({"status_code": 500}, 15)):
        seen: list[tuple[datetime, int]] = []
        before: dict[str, Any] = {}
        while page := mindia.request_logs.requests_page(
            tenant_id=tenant_id, limit=4, **narrowed, **before
        ):
            seen += [(row.created_at, row.id) for row in page]
            before = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
        assert len(set(seen)) == len(seen) == count
        assert seen == sorted(seen, reverse=True)


def test_all_are_recorded_or_none(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any], start: datetime
) -> None:
    """One that the table refuses takes the others along."""
    rows = [request(tenant_id, start), request(tenant_id, start, status_code=99)]
    with pytest.raises(CheckViolation) as caught:
        mindia.request_logs.log_requests(rows)
    assert caught.value.constraint == "request_logs_status_code_check"
    with pytest.raises(DatabaseError, match="no partition"):
        mindia.request_logs.log_requests([request(tenant_id, start.replace(year=2001))])
    assert observer.execute("SELECT count(*) FROM mindia.request_logs").fetchone() == (0,)


def test_partitions_are_those_of_append_only_tables(observer: psycopg.Connection[Any]) -> None:
    """What partition_storage() names, made by the functions that other schemas have too."""
    rows = observer.execute(
        "SELECT DISTINCT reloptions FROM pg_class AS class"
        " INNER JOIN pg_inherits AS inherits ON inherits.inhrelid = class.oid"
        " WHERE inherits.inhparent = 'mindia.request_logs'::regclass"
    ).fetchall()
    assert len(rows) == 1
    assert {"fillfactor=100", "autovacuum_vacuum_insert_scale_factor=0.05"} <= set(rows[0][0])
