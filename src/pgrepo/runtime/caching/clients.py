"""Connections to Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrepo.errors import UsageError

try:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis
    from redis.asyncio.retry import Retry as AsyncRetry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
    from redis.retry import Retry
except ImportError as error:
    raise UsageError(
        "a cache in Redis needs the package redis: pip install 'pgrepo[redis]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Mapping

ERRORS = (RedisError, OSError)
"""What a client raises when Redis is away."""


def async_redis(url: str, timeout: float) -> Any:
    """A client for asyncio that waits no longer than `timeout` seconds, twice."""
    return AsyncRedis.from_url(url, retry=AsyncRetry(NoBackoff(), 1), **_timeouts(timeout))


def sync_redis(url: str, timeout: float) -> Any:
    """A client for threads, likewise."""
    # Once more, for a connection may have died while it rested.
    return Redis.from_url(url, retry=Retry(NoBackoff(), 1), **_timeouts(timeout))


def _timeouts(timeout: float) -> Mapping[str, Any]:
    return {"socket_timeout": timeout, "socket_connect_timeout": timeout}
