"""The cache in Redis does what the one in memory does, and nobody minds when Redis goes away."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgrepo.runtime._sync.cache import MemoryCache, RedisCache
from pgrepo.runtime.caching.leases import NOTHING, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_server import RedisServer

_numbers = count()
PATIENCE = 5.0
"""A Redis on a busy machine must not seem to be away, s."""


@pytest.fixture
def cache(redis_server: RedisServer) -> Iterator[RedisCache]:
    """A cache of whose slots no other test knows."""
    with RedisCache(redis_server.url, timeout=PATIENCE, prefix=f"test {next(_numbers)}:") as cache:
        yield cache


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look up", "hand in", "clear"]), st.integers(0, 1), st.integers(0, 1)
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(STEPS)
def test_same_as_in_memory(redis_server: RedisServer, steps: list[tuple[str, int, int]]) -> None:
    """Whatever is done in whatever order, both find the same."""
    redis = RedisCache(redis_server.url, timeout=PATIENCE, prefix=f"test {next(_numbers)}:")
    memory = MemoryCache()
    leases: list[tuple[str, str, str, str]] = []
    for number, (step, entity, asked) in enumerate(steps):
        slot, way = f"entity {entity}", f"way {asked}"
        if step == "look up":
            one, other = (cache.look_up(slot, way, 60) for cache in (redis, memory))
            assert one.answer == other.answer
            assert (one.lease is None) is (other.lease is None)
            if one.lease is not None and other.lease is not None:
                leases.append((slot, way, one.lease, other.lease))
        elif step == "hand in" and leases:
            slot, way, first, second = leases.pop(entity % len(leases))
            answer = str(number).encode()
            kept = redis.hand_in(slot, way, first, answer)
            assert kept is memory.hand_in(slot, way, second, answer)
        elif step == "clear":
            redis.clear([slot])
            memory.clear([slot])
    redis.close()


def test_a_slot_ends_with_its_time(cache: RedisCache) -> None:
    """The time runs from the first lease; an answer does not prolong it."""
    first = cache.look_up("user", "plain", 2)
    assert first.lease is not None
    time.sleep(0.5)
    assert cache.hand_in("user", "plain", first.lease, b"rows")
    assert cache.look_up("user", "plain", 2) == Found(b"rows")
    time.sleep(1.6)
    assert cache.look_up("user", "plain", 2).answer is None


def test_away_and_back(redis_server: RedisServer, cache: RedisCache) -> None:
    """While Redis is away nothing is found and nothing raised; back again, it works."""
    lease = cache.look_up("user", "plain", 60).lease
    assert lease is not None
    assert cache.hand_in("user", "plain", lease, b"rows")
    redis_server.kill()
    try:
        assert cache.look_up("user", "plain", 60) == NOTHING
        assert not cache.hand_in("user", "plain", lease, b"rows")
        cache.clear(["user"])
        assert cache.statistics.errors > 0
    finally:
        redis_server.start()
    cache.clear(["user"])
    assert cache.look_up("user", "plain", 60).lease is not None


def test_what_could_not_be_cleared_is_cleared_first(
    cache: RedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that a write has made old while Redis was away is not found afterwards."""
    lease = cache.look_up("user", "plain", 60).lease
    assert lease is not None
    assert cache.hand_in("user", "plain", lease, b"old")
    with monkeypatch.context() as patch:
        # The server lives on with what it has: only this process does not reach it.
        patch.setattr(cache, "_redis", RedisCache("redis://127.0.0.1:1/0")._redis)
        cache.clear(["user"])
        assert cache.statistics.errors == 1
    time.sleep(1.1)
    assert cache.look_up("user", "plain", 60).answer is None
