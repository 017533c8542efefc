"""Calls whose answers are kept, and calls that make kept answers old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrepo.runtime._async.cache import AsyncCache
    from pgrepo.runtime._async.sources import AsyncConnections
    from pgrepo.runtime.statement import Cached, Prepared, Stale, Statement


class Call(NamedTuple):
    """A call: its statement, what that has become, and all values in $n order."""

    statement: Statement[Any]
    query: Prepared
    values: Sequence[object]


async def through(
    source: AsyncConnections,
    cache: AsyncCache,
    call: Call,
    ask: Callable[[], Any],
) -> Any:
    """Makes a call of a statement that says something of caching.

    Args:
        source: where it is made.
        cache: what keeps answers.
        call: the call.
        ask: makes it.
    """
    caching = call.statement.caching
    if isinstance(caching, tuple):
        return await _making_stale(source, call, caching, ask)
    if caching is None or not source.answers:
        return await ask()
    return await _answered(source, cache, call, caching, ask)


async def _answered(
    source: AsyncConnections,
    cache: AsyncCache,
    call: Call,
    caching: Cached,
    ask: Callable[[], Any],
) -> Any:
    # Imported here, for most programs have no cache.
    from pgrepo.runtime.caching.answers import codec_of, slot_name, way_name  # noqa: PLC0415

    statement, query, values = call
    slot = slot_name(query.label, [values[at] for at in caching.by])
    way = way_name(query, values, source.setup or ())
    codec = codec_of(query.label, statement)
    found = await cache.look_up(slot, way, caching.seconds)
    if found.answer is not None and (rows := codec.read(found.answer)) is not None:
        cache.statistics.hits += 1
        return rows
    cache.statistics.misses += 1
    rows = await ask()
    if found.lease is not None:
        if await cache.hand_in(slot, way, found.lease, codec.write(rows)):
            cache.statistics.kept += 1
        else:
            cache.statistics.dropped += 1
    return rows


async def _making_stale(
    source: AsyncConnections,
    call: Call,
    stale: Sequence[Stale],
    ask: Callable[[], Any],
) -> Any:
    result: Any = ()
    try:
        result = await ask()
    finally:
        # Also after an error: the call may have taken place all the same.
        await source.forget(stale_slots(call, stale, result))
    return result


def stale_slots(call: Call, stale: Sequence[Stale], rows: Any) -> list[str]:
    """Names what a call makes old.

    Args:
        call: the call.
        stale: what its @invalidates say.
        rows: what it has returned; nothing if it failed.
    """
    from pgrepo.runtime.caching.answers import slot_name  # noqa: PLC0415 - as above

    domain = call.query.label.partition(".")[0]
    slots = []
    for item in stale:
        told = all(at >= 0 for at in item.by)
        for row in [()] if told else rows:
            entity = [call.values[at] if at >= 0 else row[-1 - at] for at in item.by]
            slots.append(slot_name(f"{domain}.{item.query}", entity))
    return slots
