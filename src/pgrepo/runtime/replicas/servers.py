"""What is known of each server, and which ones may answer a read."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, LiteralString, NamedTuple

from psycopg.conninfo import conninfo_to_dict

from pgrepo.errors import UsageError
from pgrepo.runtime import lost
from pgrepo.runtime.replicas.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg
    from psycopg.pq.abc import PGresult

CHECK_SECONDS = 1.0
"""So often each server is asked where it is."""

ANSWER_SECONDS = 2.0
"""So long it has to answer, or to be connected to."""

_SILENT_SECONDS = 4.0
"""Who has not been heard of for so long is left out."""

PROOF_SECONDS = 0.05
"""So long a read waits for a replica to get to where the caller has written."""

STUCK_SECONDS = 0.25
"""So long hardly anybody waits for a replica that did not get there in time."""

HUNG_SECONDS = 0.25
"""A replica that takes longer to say where it is hangs, and the session is closed."""

# Asked after a COMMIT. On a standby it fails, and has to.
WRITTEN_SQL: LiteralString = """
SELECT
    system.system_identifier,
    ('x' || left(pg_catalog.pg_walfile_name(place.lsn), 8))::bit(32)::integer,
    (place.lsn - '0/0')::bigint
FROM
    pg_catalog.pg_control_system() AS system,
    (SELECT pg_catalog.pg_current_wal_insert_lsn() AS lsn) AS place
"""

# A standby's timeline is in its control file from the next restart point on, and with the
# receiver, whom only members of pg_monitor see, at once. Both tell what it has reached already.
POSITION_SQL: LiteralString = """
SELECT
    recovery.is_standby,
    system.system_identifier,
    CASE WHEN recovery.is_standby
        THEN GREATEST(
            points.timeline_id,
            ends.min_recovery_end_timeline,
            (SELECT receiver.received_tli FROM pg_catalog.pg_stat_wal_receiver AS receiver)
        )
        ELSE (
            'x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8)
        )::bit(32)::integer
    END,
    (
        CASE WHEN recovery.is_standby
            THEN pg_catalog.pg_last_wal_replay_lsn()
            ELSE pg_catalog.pg_current_wal_insert_lsn()
        END - '0/0'
    )::bigint
FROM
    (SELECT pg_catalog.pg_is_in_recovery() AS is_standby OFFSET 0) AS recovery,
    pg_catalog.pg_control_system() AS system,
    pg_catalog.pg_control_checkpoint() AS points,
    pg_catalog.pg_control_recovery() AS ends
"""


class Position(NamedTuple):
    """Where a server was when it was asked.

    Attributes:
        is_standby: whether it follows another one.
        token: how far it has written, or replayed.
        asked: when it was asked, on the monotonic clock.
    """

    is_standby: bool
    token: Token
    asked: float

    @classmethod
    def of(cls, row: tuple[bool, int, int, int | None], asked: float) -> Position:
        """Reads the row of POSITION_SQL."""
        is_standby, system, timeline, position = row
        return cls(is_standby, Token(system, timeline, position or 0), asked)


def token_in(result: PGresult) -> Token | None:
    """Reads an answer to WRITTEN_SQL, in text; None if it failed."""
    if not result.ntuples:
        return None
    return Token(*(int(result.get_value(0, column) or b"0") for column in range(3)))


class Track:
    """Where the primary was when, to say how many seconds behind a replica is."""

    def __init__(self) -> None:
        self._places: deque[tuple[float, int]] = deque(maxlen=600)

    def add(self, position: Position) -> None:
        """Adds where it was."""
        self._places.append((position.asked, position.token.position))

    def lag(self, replayed: int, now: float) -> float:
        """Returns for how many seconds the primary has been further on than a replica."""
        ahead = (moment for moment, place in tuple(self._places) if place > replayed)
        return now - next(ahead, now)


@dataclass(slots=True)
class Server:
    """What is known of a server.

    Attributes:
        name: host, port and database, for people.
        position: where it was when it answered last.
        problem: why it is left out, or None; also before it has answered once.
        busy: how many reads it answers just now.
        reads: how many it has answered.
        stuck_until: until when hardly anybody waits for it, on the monotonic clock.
    """

    name: str
    position: Position | None = None
    problem: str | None = "it has not answered yet"
    busy: int = 0
    reads: int = 0
    stuck_until: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def begin(self) -> None:
        """Counts a caller in."""
        with self._lock:
            self.busy += 1

    def end(self) -> None:
        """Counts a caller out."""
        with self._lock:
            self.busy -= 1

    def count(self, reads: int) -> None:
        """Counts answered reads."""
        with self._lock:
            self.reads += reads

    def note(self, position: Position) -> None:
        """Notes where it is."""
        known = self.position
        if known is None or known.asked <= position.asked:
            self.position = position

    def leave_out(self, problem: str) -> None:
        """Notes why it cannot be used, until it answers again."""
        self.problem = problem

    def proves(self, token: Token, since: float) -> bool:
        """Tells whether a session that began at some time sees what is at a token.

        A server that has crashed may come back a little behind where it was. Sessions do not
        survive that. So of a session, only what was asked during it says anything.
        """
        known = self.position
        return known is not None and known.asked > since and token.is_in(known.token)


def problem_of(
    server: Server, primary: Server, track: Track, max_lag: float | None, now: float
) -> str | None:
    """Says why a replica must not answer, or None if it may."""
    known, leading = server.position, primary.position
    if server.problem is not None or known is None:
        return server.problem
    if now - known.asked > _SILENT_SECONDS:
        return "it has not answered for seconds"
    if not known.is_standby:
        return "it follows no other server"
    if leading is not None and leading.token.system != known.token.system:
        return "it belongs to another cluster than the primary"
    if leading is not None and leading.token.timeline > known.token.timeline:
        return f"it has not followed to timeline {leading.token.timeline}"
    lag = track.lag(known.token.position, now)
    if max_lag is not None and lag > max_lag:
        return f"it is {lag:.0f} s behind"
    return None


def by_load(servers: Iterable[tuple[Server, int]]) -> list[int]:
    """Returns the numbers of servers, the least busy first, and equal ones in any order."""
    weighed = [(server.busy, random.random(), at) for server, at in servers]  # noqa: S311
    return [at for _, _, at in sorted(weighed)]


def is_for_others(error: psycopg.Error) -> bool:
    """Tells whether another server may answer a read that has failed on a replica.

    It was cut off, or had to give way to what it replays; its pool is exhausted; it has not
    replayed yet what makes a table (42); or the query writes after all (25006). Not if it has
    hung for as long as a statement may take: then the caller's time is over, too.
    """
    if isinstance(error, lost.ResponseTimeout):
        return False
    state = error.sqlstate or ""
    return (
        lost.is_repeatable(error)
        or lost.is_of_the_pool(error)
        or state == "25006"
        or state.startswith("42")
    )


def refuse_several(conninfo: str) -> None:
    """Refuses to take several servers for one: what one has replayed says nothing of another.

    Raises:
        UsageError: several are named.
    """
    given = conninfo_to_dict(conninfo)
    hosts = str(given.get("hostaddr") or given.get("host") or "")
    if "," in hosts:
        raise UsageError("a replica is one server: name several in several connection strings")
