"""Calls in scopes while connections are cancelled and killed, and what must hold of each.

A script is a generator of calls. It does not know whether it is driven synchronously or
asynchronously. Owners, tenants or users, have ids of one shape, and every text that a script
writes names its owner, so that whatever comes back tells whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from pgrepo import ForeignKeyViolation, InsufficientPrivilege
from pgrepo.runtime.lost import is_told_twice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWNER = re.compile(r"0e4a0000-0000-4000-8000-\d{12}")
REFUSED = (InsufficientPrivilege, ForeignKeyViolation)
# What a connection shows of a scope. Custom settings are not among pg_settings.
LEFTOVERS = """
SELECT current_user::text, session_user::text, current_setting('role'),
    COALESCE(current_setting({setting}, true), ''),
    ARRAY(SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY name)
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a repository.

    Attributes:
        finds: False if it must neither return nor change anything.
        refused: True if it must be refused.
    """

    repository: str
    query: str
    arguments: dict[str, Any] = field(default_factory=dict)
    finds: bool = True
    refused: bool = False

    def on(self, domain: Any) -> Any:
        """Calls; what comes back is to be awaited in the asynchronous flavour."""
        return getattr(getattr(domain, self.repository), self.query)(**self.arguments)


Script: TypeAlias = Generator[Call, Any, None]


def each(calls: Iterable[Call], **changed: Any) -> Script:
    """Yields calls with some of their attributes changed."""
    for call in calls:
        yield replace(call, **changed)


@dataclass(frozen=True, slots=True)
class Turn:
    """A script and the scope to run it in; `owner` is whose rows may show, None for nobody's."""

    script: Script
    scope: Callable[[Any], Any] | None
    owner: UUID | None
    in_transaction: bool = False


class Leak(AssertionError):
    """A scope did not hold."""


@dataclass
class Tally:
    """What has happened so far, of all workers.

    Attributes:
        calls: how many were answered, by query.
        disturbed: how many scripts were cut short, by the error.
        rows: how many rows came back, each its owner's.
        failures: each is one of the test, and ends the run.
    """

    wanted: int
    calls: Counter[str] = field(default_factory=Counter)
    disturbed: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    failures: list[BaseException] = field(default_factory=list)

    def goes_on(self) -> bool:
        """Whether there is more to do: too few answers yet, or nothing was cut short."""
        return not self.failures and (self.calls.total() < self.wanted or not self.disturbed)

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """Notes how a script ended: disturbed, which is well, or failed."""
        try:
            yield
        except asyncio.CancelledError:
            self.disturbed["cancelled"] += 1
        except BaseException as error:  # noqa: BLE001 - the test shows it
            if is_disturbance(error):
                self.disturbed[type(error).__name__] += 1
            else:
                self.failures.append(error)


def is_disturbance(error: BaseException) -> bool:
    """Whether a script was cut short from outside, and nothing was wrong with it."""
    if isinstance(error, psycopg.OperationalError):
        return True
    # psycopg's own BEGIN, as the test sends it, behind a PgBouncer.
    return isinstance(error, psycopg.InternalError) and is_told_twice(error)


def owner_id(number: int) -> UUID:
    """The id of a tenant or user."""
    return UUID(f"0e4a0000-0000-4000-8000-{number:012d}")


def verify(call: Call, result: Any, owner: UUID | None) -> None:
    """Looks at what a call has returned.

    Raises:
        Leak: it was to be refused, or to find nothing, or shows what belongs to somebody else.
    """
    if call.refused:
        raise Leak(f"{call.query} was not refused to {owner}: {result!r}")
    if not call.finds and amount(result):
        raise Leak(f"{call.query} of {owner} found what is another's: {result!r}")
    if strangers := set(OWNER.findall(repr(result))) - {str(owner)}:
        raise Leak(f"{call.query} of {owner} shows {sorted(strangers)}")


def amount(result: Any) -> float:
    """How much a result is; rows of sums are as much as these."""
    if result is None or isinstance(result, int):
        return result or 0
    rows = result if isinstance(result, list) else [result]
    return sum(getattr(row, "total_bytes", 1) for row in rows)


def left_by_scopes(setting: str) -> sql.Composed:
    """What a connection is asked to see whether anything of a scope is left on it."""
    return sql.SQL(LEFTOVERS).format(setting=sql.Literal(setting))


def verify_clean(status: TransactionStatus, found: Any, before: Any) -> None:
    """Looks at what a connection of the pool has answered, beside a new one's answer.

    Raises:
        Leak: something of a scope is left on it.
    """
    if status != TransactionStatus.IDLE or found != before:
        raise Leak(f"left on a connection: {status!r} {found!r}")


class Chaos:
    """Cancels statements and ends connections of a role, until the block ends.

    Args:
        url: the database, for a superuser.
        role: whose connections.
        pause: between two of them, s.
    """

    def __init__(self, url: str, role: str, pause: float = 0.02) -> None:
        self._url = url
        self._role = role
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.cancelled = self.killed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        chance = random.Random(12)  # noqa: S311 - no secret
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._over.wait(self._pause * 2 * chance.random()):
                gently = self.killed > 0 and chance.random() < 0.7
                function = "pg_cancel_backend" if gently else "pg_terminate_backend"
                # What is idle notices no cancelling.
                found = connection.execute(
                    f"SELECT {function}(pid) FROM pg_stat_activity WHERE usename = %s "
                    "AND datname = current_database() AND (state <> 'idle' OR NOT %s) "
                    "ORDER BY random() LIMIT 1".encode(),
                    (self._role, gently),
                ).fetchone()
                self.cancelled += found is not None and gently
                self.killed += found is not None and not gently


@contextlib.contextmanager
def login(url: str, name: str, grants: tuple[str, ...], *, inherit: bool) -> Iterator[str]:
    """A role that owns nothing and may become others; the database's URL for it."""
    role = sql.Identifier(name)
    granted = sql.SQL(", ").join(map(sql.Identifier, grants))
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'fire'").format(role))
        owner.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT {}, SET TRUE").format(
                granted, role, sql.SQL("TRUE" if inherit else "FALSE")
            )
        )
        try:
            yield psycopg.conninfo.make_conninfo(url, user=name, password="fire")
        finally:
            owner.execute(sql.SQL("DROP ROLE {}").format(role))
