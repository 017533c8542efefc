"""A connection as partitions are maintained through it: quiet settings, patience with locks."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.json import Json

from pgrepo.errors import PartitionError
from pgrepo.operate.migrate.session import jittered
from pgrepo.runtime.timeouts import of_commands
from pgrepo.runtime.wording import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
Connection = psycopg.Connection[TupleRow]

_LOCK_ERRORS = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_SOUND = (TransactionStatus.IDLE, TransactionStatus.INTRANS)

# One text for each value, whatever the role or the database has set: checksums are made of it.
# Without row_security, who may not read every row is told so instead of archiving some.
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "row_security": "off",
    "synchronous_commit": "on",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Not every version has all of them.
_SET = """
SELECT pg_catalog.set_config(wanted.key, wanted.value, false)
FROM pg_catalog.json_each_text(%(settings)s) AS wanted
INNER JOIN pg_catalog.pg_settings ON pg_settings.name = pg_catalog.lower(wanted.key)
"""


@contextlib.contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Connects, autocommit.

    Raises:
        PartitionError: whatever PostgreSQL or the driver refuses, in words that quote no value.
    """
    try:
        with psycopg.connect(
            url,
            autocommit=True,
            client_encoding="UTF8",
            application_name="pgrepo partitions",
            **of_commands(url),
        ) as connection:
            connection.execute(_SET, {"settings": Json(_SETTINGS)})
            # When this process is killed, the server must not go on for nobody.
            with contextlib.suppress(psycopg.Error):
                connection.execute("SET client_connection_check_interval = '1s'")
            yield connection
    except psycopg.Error as error:
        raise PartitionError(_told(error)) from error


def sole(connection: Connection, doing: str, wait: float) -> None:
    """Takes the lock that one process holds at a time; it goes with the connection.

    It is polled for: a session that blocks holds a snapshot, for which a DETACH CONCURRENTLY of
    the lock's holder would wait.

    Raises:
        PartitionError: another one held it for `wait` seconds.
    """
    take = "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(%s, 0))"
    deadline = time.monotonic() + wait
    while connection.execute(take, (f"pgrepo {doing}",)).fetchone() != (True,):
        if time.monotonic() >= deadline:
            raise PartitionError(
                f"another process has been {doing} for {wait:g} s: wait for it to end, and run "
                "this again"
            )
        time.sleep(jittered(0.1))


def patiently(connection: Connection, work: Callable[[], T], wait: float) -> T:
    """Does work that needs locks of tables, again and again until they are to be had.

    Each wait for a lock is given up after half a second, so that those behind it may pass.

    Raises:
        PartitionError: they were not, for `wait` seconds.
    """
    deadline = time.monotonic() + wait
    connection.execute("SET lock_timeout = '500ms'")
    try:
        while True:
            try:
                return work()
            except _LOCK_ERRORS as error:
                if time.monotonic() >= deadline:
                    raise PartitionError(
                        f"the lock of a table could not be had for {wait:g} s: look for long "
                        "transactions in pg_stat_activity, and run this again"
                    ) from error
            time.sleep(jittered(0.5))
    finally:
        if connection.info.transaction_status in _SOUND:
            connection.execute("SET lock_timeout = 0")


def _told(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        # libpq's words would show the string, and a password in it.
        return (
            "this is not a PostgreSQL URL or conninfo string: write it as "
            "postgresql://user@host:port/database"
        )
    if error.sqlstate is None:
        return f"the database cannot be reached: {describe(error).strip()}"
    hint = f"\nhelp: {error.diag.message_hint}" if error.diag.message_hint else ""
    return f"PostgreSQL refused: {describe(error)}{hint}"
