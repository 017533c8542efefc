"""How long pgrepo's connections wait, and how PostgreSQL is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

GRACE = 0.5
"""So many seconds after its time PostgreSQL may still say that a statement has timed out."""

_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A host that is gone is noticed within a minute, also while nothing is asked of it."""


class Timeouts(msgspec.Struct, frozen=True):
    """What may take how many seconds at most; None for what the server says.

    Attributes:
        connect: to connect to one host.
        statement: a statement, from sending it to the whole of its answer.
        lock: a statement, to get one lock.
        idle_in_transaction: a transaction, between two of its statements.
    """

    connect: float | None
    statement: float | None
    lock: float | None
    idle_in_transaction: float | None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            seconds = getattr(self, name)
            if seconds is not None and seconds <= 0:
                raise UsageError(f"{name}: a timeout takes more than 0 seconds, or None")

    @property
    def patience(self) -> float | None:
        """How many seconds a connection waits for an answer."""
        return None if self.statement is None else self.statement + GRACE

    def arguments(self, conninfo: str, connect: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments of `connect()` with which PostgreSQL keeps these times.

        What the host says of them itself, in whatever way, is what counts.
        """
        given = {**_surroundings(), **conninfo_to_dict(conninfo), **connect}
        arguments: dict[str, Any] = {
            name: value for name, value in self._of_libpq().items() if given.get(name) is None
        }
        # Of settings that are given twice, PostgreSQL takes the last.
        options = f"{self._options()} {given.get('options') or ''}".strip()
        return {**arguments, **connect, **({"options": options} if options else {})}

    def _of_libpq(self) -> dict[str, Any]:
        if self.connect is None:
            return _KEEPALIVES
        return {**_KEEPALIVES, "connect_timeout": max(1, round(self.connect))}

    def _options(self) -> str:
        settings = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        return " ".join(
            f"-c {name}={max(1, round(1000 * seconds))}"
            for name, seconds in settings.items()
            if seconds is not None
        )


def of_commands(conninfo: str) -> dict[str, Any]:
    """Returns with which arguments a command connects, whose statements may take long."""
    return Timeouts(10.0, None, None, None).arguments(conninfo, {})


def refuses_options(error: psycopg.Error) -> bool:
    """Tells whether it is PgBouncer that does not let settings through to the server."""
    return "unsupported startup parameter" in str(error)


def _surroundings() -> dict[str, Any]:
    """What libpq takes from the environment, such as PGOPTIONS and PGCONNECT_TIMEOUT."""
    named = {"options", "connect_timeout"}
    return {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.get_defaults()
        if option.val and option.keyword.decode() in named
    }
