# Derived from src/pgrepo/runtime/_async/status.py by tools/async_to_sync.py: do not edit.
"""How a database's servers are, for people and for monitors."""

# ruff: noqa: SLF001 - what a database keeps to itself, it keeps for this module too

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import psycopg

from pgrepo.runtime._sync.watch import Watch, ask_position
from pgrepo.runtime.replicas.status import DatabaseStatus, ServerStatus
from pgrepo.runtime.scalars import lsn_text

if TYPE_CHECKING:
    from pgrepo.runtime._sync.database import Database
    from pgrepo.runtime._sync.replicas import Replicas


def status_of(database: Database) -> DatabaseStatus:
    """See `Database.status`."""
    replicas = database.replicas
    if replicas is None:
        return DatabaseStatus(_alone(database))
    standbys = tuple(_standby(replicas, standby) for standby in replicas.standbys)
    return DatabaseStatus(
        _status(replicas.primary, "primary", replicas.primary.server.problem), standbys
    )


def _alone(database: Database) -> ServerStatus:
    """Asks the server of a database without replicas."""
    watch = Watch(database)
    try:
        with database.connection() as connection:
            watch.server.note(ask_position(connection))
            watch.server.problem = None
    except psycopg.Error as error:
        watch.server.leave_out(f"it cannot be asked ({type(error).__name__})")
    return _status(watch, "primary", watch.server.problem)


def _standby(replicas: Replicas, standby: Watch) -> ServerStatus:
    server, leading = standby.server, replicas.primary.server.position
    status = _status(standby, "replica", replicas.problem(standby))
    if server.position is None or leading is None:
        return status
    place = server.position.token.position
    return replace(
        status,
        lag_seconds=replicas.track.lag(place, monotonic()),
        lag_bytes=max(0, leading.token.position - place),
    )


def _status(watch: Watch, role: str, problem: str | None) -> ServerStatus:
    known, pool = watch.server.position, watch.database._pool
    if role == "primary" and problem is None and known is not None and known.is_standby:
        problem = "it is a standby"
    found = {} if pool is None else pool.get_stats()
    return ServerStatus(
        name=watch.server.name,
        role=role,
        healthy=problem is None,
        problem=problem,
        timeline=None if known is None else known.token.timeline,
        lsn=None if known is None else lsn_text(known.token.position),
        reads=watch.server.reads if role == "replica" else None,
        pool_size=found.get("pool_size", 0),
        pool_available=found.get("pool_available", 0),
        waiting=found.get("requests_waiting", 0),
    )
