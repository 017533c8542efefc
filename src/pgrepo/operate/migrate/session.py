"""A connection as the migrator uses it, and the lock that lets one migrator work at a time."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import generators
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import TupleRow, tuple_row

from pgrepo.errors import MigrationError, MigrationLocked, UsageError
from pgrepo.runtime.timeouts import of_commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Target = str | psycopg.Connection[Any]
"""A libpq URL or conninfo string, or the caller's own connection."""

LOCK_KEY = 0x7067_7265_706F  # "pgrepo"

_HOLDER = """
SELECT format('process %%s (%%s) since %%s', pid, application_name, backend_start::timestamptz(0))
FROM pg_catalog.pg_locks
JOIN pg_catalog.pg_stat_activity USING (pid)
WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND classid = %(high)s
    AND objid = %(low)s
    AND granted
"""


class StatementFailed(Exception):
    """PostgreSQL refused one statement of a script.

    Attributes:
        error: what it said.
        index: how many statements of the script it had run before.
    """

    def __init__(self, error: psycopg.Error, index: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.index = index


@dataclass(frozen=True, slots=True)
class Session:
    """An autocommit connection, used alike whatever row factory its owner gave it."""

    connection: psycopg.Connection[Any]
    is_own: bool

    def reset(self) -> None:
        """Undoes what a file set for the session, so that no file depends on an earlier one.

        A borrowed connection keeps its settings: some may be its owner's.
        """
        if self.is_own:
            self.reset_role()
            self.execute("RESET ALL")
            # When this process is killed, the server must not go on building an index for nobody.
            with contextlib.suppress(psycopg.Error):
                self.execute("SET client_connection_check_interval = '1s'")

    def reset_role(self) -> None:
        """Undoes a SET ROLE of the file's, so that the ledger is written by who migrates."""
        if self.is_own:
            self.execute("RESET SESSION AUTHORIZATION")
            self.execute("RESET ROLE")

    def execute(self, query: LiteralString, parameters: Mapping[str, object] | None = None) -> None:
        """Runs a statement of the migrator's own."""
        self._cursor().execute(query, parameters)

    def rows(
        self, query: LiteralString, parameters: Mapping[str, object] | None = None
    ) -> list[TupleRow]:
        """Runs a query and returns its rows."""
        return self._cursor().execute(query, parameters).fetchall()

    def value(self, query: LiteralString, parameters: Mapping[str, object] | None = None) -> object:
        """Runs a query and returns the first column of its first row, or None."""
        row = self._cursor().execute(query, parameters).fetchone()
        return None if row is None else row[0]

    def run_script(self, text: str) -> None:
        """Sends a text of any number of statements as it is.

        Cursor.execute would do the same, but would not tell which of them failed.

        Raises:
            StatementFailed: PostgreSQL refused one; it ran none of those after it.
        """
        connection = self.connection
        encoding = connection.info.encoding
        connection.pgconn.send_query(text.encode(encoding))
        results = connection.wait(generators.execute(connection.pgconn))
        last = results[-1]
        if last.status == ExecStatus.FATAL_ERROR:
            error = psycopg.errors.error_from_result(last, encoding)
            raise StatementFailed(error, len(results) - 1)
        if last.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
            connection.close()  # the only way out of a COPY that nobody feeds
            raise MigrationError("COPY from or to the client cannot be in a DDL file")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open and sound."""
        return self.connection.info.transaction_status == TransactionStatus.INTRANS

    def _cursor(self) -> psycopg.Cursor[TupleRow]:
        return psycopg.Cursor(self.connection, row_factory=tuple_row)


@contextlib.contextmanager
def open_session(target: Target) -> Iterator[Session]:
    """Connects, or borrows the caller's connection and gives it back as it was.

    What PostgreSQL refuses of the migrator's own statements becomes a MigrationError.
    """
    try:
        if isinstance(target, str):
            with _connect(target) as connection:
                session = Session(connection, is_own=True)
                session.reset()
                yield session
        else:
            with _borrowed(target):
                yield Session(target, is_own=False)
    except psycopg.Error as error:
        raise MigrationError(str(error).strip()) from error


def conninfo(target: Target) -> str:
    """Returns a conninfo string, with the password, for the target."""
    if isinstance(target, str):
        return target
    return make_conninfo(target.info.dsn, password=target.info.password or None)


def _connect(target: str) -> psycopg.Connection[Any]:
    try:
        given = conninfo_to_dict(target)
    except psycopg.ProgrammingError as error:
        raise MigrationError(
            "this is not a PostgreSQL URL or conninfo string; write it as "
            "postgresql://user@host:port/database"
        ) from error
    try:
        return psycopg.connect(
            target,
            autocommit=True,
            application_name=given.get("application_name") or "pgrepo migrate",
            **of_commands(target),
        )
    except psycopg.OperationalError as error:
        raise MigrationError(
            f"no connection to the database: {str(error).strip()}\n"
            "check that its server runs, and host, port, database and user in the URL"
        ) from error


@contextlib.contextmanager
def _borrowed(connection: psycopg.Connection[Any]) -> Iterator[None]:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise UsageError(
            "the connection is in a transaction, and every DDL file needs one of its own: "
            "commit or roll back first"
        )
    autocommit = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = autocommit


@contextlib.contextmanager
def migration_lock(session: Session, wait: float) -> Iterator[None]:
    """Holds the lock that one migrator of a database holds at a time.

    It is polled for: a session that blocks on a lock holds a snapshot, and a CREATE INDEX
    CONCURRENTLY of the migrator that has the lock would wait for that snapshot to go away.
    """
    deadline = time.monotonic() + wait
    key = {"key": LOCK_KEY}
    while session.value("SELECT pg_catalog.pg_try_advisory_lock(%(key)s)", key) is not True:
        if time.monotonic() >= deadline:
            raise MigrationLocked(_locked_message(session, wait))
        time.sleep(jittered(0.1))
    try:
        yield
    finally:
        # A connection that was lost has lost the lock too.
        with contextlib.suppress(psycopg.Error):
            session.execute("SELECT pg_catalog.pg_advisory_unlock(%(key)s)", key)


def jittered(seconds: float) -> float:
    """Returns about that many seconds, so that those who wait do not march in step."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret


def _locked_message(session: Session, wait: float) -> str:
    halves = {"high": LOCK_KEY >> 32, "low": LOCK_KEY & 0xFFFF_FFFF}
    holder = session.value(_HOLDER, halves) or "which has just ended"
    return (
        f"another migrator holds the lock, {holder}; gave up after {wait:g} s: "
        "wait for it to end and try again"
    )
