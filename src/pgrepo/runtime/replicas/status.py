"""What a database says of its servers, for people and for monitors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server.

    Attributes:
        name: host, port and database.
        role: "primary" or "replica", as the database was told.
        healthy: whether calls go there.
        problem: why not; None if they do.
        timeline: which of the cluster's histories it is in; None as long as that is not known.
        lsn: where in its log it is, as PostgreSQL writes it; None likewise.
        lag_seconds: for how long the primary has been further on; None likewise.
        lag_bytes: how much of the log is missing; None likewise.
        reads: how many reads it has answered; of a primary None.
        pool_size: how many connections the pool has.
        pool_available: how many of them nobody uses.
        waiting: how many calls wait for one.
    """

    name: str
    role: str
    healthy: bool
    problem: str | None = None
    timeline: int | None = None
    lsn: str | None = None
    lag_seconds: float | None = None
    lag_bytes: int | None = None
    reads: int | None = None
    pool_size: int = 0
    pool_available: int = 0
    waiting: int = 0

    def __str__(self) -> str:
        lag = "" if self.lag_seconds is None else f", {self.lag_seconds:.1f} s behind"
        state = f"healthy{lag}" if self.healthy else f"left out: {self.problem}"
        used = self.pool_size - self.pool_available
        pool = f"{used} of {self.pool_size} connections in use"
        return f"{self.role} {self.name}: {state}; {pool}"


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """All servers; `print` shows a line for each, and `dataclasses.asdict` makes a dict.

    Attributes:
        primary: the one that writes go to.
        replicas: the others, in the order they were given.
    """

    primary: ServerStatus
    replicas: tuple[ServerStatus, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether all of them are."""
        return all(server.healthy for server in (self.primary, *self.replicas))

    def __str__(self) -> str:
        return "\n".join(str(server) for server in (self.primary, *self.replicas))
