"""Redis is killed after a COMMIT, before what it made old is dropped; and it forgets nothing.

A minute of PGREPO_CACHE_SECONDS is the long form.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pgrepo import Database, RedisCache

from .ledger._sync.domain import BRIEFLY, Ledger
from .oracle import make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.redis_server import RedisServer

    from .table import Record

ROUNDS = 20 if float(os.environ.get("PGREPO_CACHE_SECONDS", "0")) >= 60 else 2
ACCOUNT = 1


class KilledBetween(RedisCache):
    """A writer's cache, whose server is killed when there is something to drop.

    The writer is not there any more when it runs again: nobody knows what was not dropped.
    """

    def __init__(self, server: RedisServer) -> None:
        super().__init__(server.url)
        self._server = server

    def clear(self, slots: Sequence[str]) -> None:
        """Kills it first."""
        self._server.kill()
        super().clear(slots)


@pytest.mark.fault(12)
def test_killed_between(
    database_url: str, redis_that_remembers: RedisServer, record: Record
) -> None:
    """The write succeeds. What is found in Redis later may be old, but not beyond its time."""
    redis = redis_that_remembers
    make_ledger(database_url, accounts=ACCOUNT)
    reads, old, late = 0, 0, 0
    for version in range(ROUNDS):
        with ledger(database_url, RedisCache(redis.url)) as kept:
            assert kept.accounts.briefly_kept_version_of(account=ACCOUNT) == version
        with ledger(database_url, KilledBetween(redis)) as writer:
            assert writer.accounts.change_cleanly(account=ACCOUNT, version=version) == 1
        committed = time.monotonic()
        redis.start()
        with ledger(database_url, RedisCache(redis.url)) as reader:
            while (began := time.monotonic()) < committed + 2 * BRIEFLY:
                found = reader.accounts.briefly_kept_version_of(account=ACCOUNT)
                reads += 1
                old += found == version
                late += found == version and began > committed + BRIEFLY
    # Without this nothing would be proved: Redis did have something to forget.
    assert old > 0
    record(operations=ROUNDS + reads, lost=late)


@contextmanager
def ledger(url: str, cache: RedisCache) -> Iterator[Ledger]:
    """The domain in a process of its own, as far as caches go."""
    with cache, Database(url, cache=cache) as database:
        yield Ledger(database)
