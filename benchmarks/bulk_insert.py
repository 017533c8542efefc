"""Inserting 100,000 rows: a bulk call beside COPY by hand and the ways of the ORMs.

The rows are messages of monumento, with its indexes, checks and foreign key. Every contestant gets
the same tuples and makes of them whatever it inserts. Target: at least 0.9 times the rate of a bare
COPY, which is psycopg's binary COPY with write_row. "ready-made bytes" is the floor: such a COPY
whose rows were formatted beforehand, so that only the server works.

How each peer is used is in benchmarks/peers. They are needed: `pip install 'pgrepo[bench]'`;
with `--alone` only psycopg stands beside pgrepo.

    python benchmarks/bulk_insert.py [--rounds 5] [--rows 100000] [--check] [--json FILE]
        [--profile] [--alone]
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

import harness
import psycopg
from peers.entrance import PACKAGES, command_line, contest
from peers.stage import INSERTED, Entrant, answer
from results import Target, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peers.entrance import Contest
    from peers.stage import MessageRow, Stage

OURS, BARE, FLOOR = "pgrepo", "psycopg, binary COPY, write_row", "COPY of ready-made bytes"
AT_LEAST = 0.9
COLUMNS: LiteralString = ", ".join(INSERTED)
STORED: LiteralString = f"SELECT {COLUMNS} FROM monumento.messages ORDER BY timestamp"
COPY: LiteralString = f"COPY monumento.messages ({COLUMNS})"
FEW = 10


def messages(stage: Stage, count: int) -> list[MessageRow]:
    """So many messages, in each of the sessions by turns."""
    sessions = stage.sessions
    return [
        (
            sessions[number % len(sessions)],
            "user" if number % 2 else "ai",
            f"what I remember of it, part {number}",
            1_700_000_000_000 + number,
            number,
            None,
        )
        for number in range(count)
    ]


@contextmanager
def ready_made(stage: Stage, rows: Sequence[MessageRow]) -> Iterator[Entrant]:
    """The floor: rows that were formatted beforehand, however many are asked for."""
    with psycopg.connect(stage.url, autocommit=True) as connection, connection.cursor() as cursor:

        def insert(some: Sequence[MessageRow]) -> None:
            with cursor.copy(f"{COPY} FROM STDIN (FORMAT binary)") as copy:
                copy.write(formatted[len(some)])

        # Sessions count their messages, for all contestants alike: left out, for one statement a
        # row in one transaction changes the same session again and again, which grows slower.
        connection.execute("ALTER TABLE monumento.messages DISABLE TRIGGER USER")
        formatted: dict[int, bytes] = {}
        for count in {FEW, len(rows)}:
            connection.execute("TRUNCATE monumento.messages")
            with cursor.copy(f"{COPY} FROM STDIN") as copy:
                for row in rows[:count]:
                    copy.write_row(row)
            # Partitioned tables cannot be copied from by name.
            read = f"COPY (SELECT {COLUMNS} FROM monumento.messages) TO STDOUT (FORMAT binary)"
            with cursor.copy(read) as copy:
                formatted[count] = b"".join(copy)
        yield Entrant(FLOOR, insert=insert)


def turn(
    stage: Stage, admin: psycopg.Connection[Any], entrant: Entrant, rows: Sequence[MessageRow]
) -> harness.Turn:
    """A contestant that fills the empty table."""
    insert = entrant.insert
    assert insert is not None

    def run(count: int) -> float:
        some = rows[:count]
        admin.execute("TRUNCATE monumento.messages")
        started = time.perf_counter()
        answer(stage, entrant, insert(some))
        return (time.perf_counter() - started) / count * 1e6

    return run


@contextmanager
def contestants(entered: Contest, rows: Sequence[MessageRow]) -> Iterator[dict[str, harness.Turn]]:
    """All that insert, once it was seen that they insert the same."""
    stage = entered.stage
    with (
        ready_made(stage, rows) as floor,
        psycopg.connect(stage.url, autocommit=True) as admin,
    ):
        writers = [*(entrant for entrant in entered.entrants if entrant.insert), floor]
        turns = {writer.name: turn(stage, admin, writer, rows) for writer in writers}
        for name, run in turns.items():
            run(FEW)
            assert admin.execute(STORED).fetchall() == rows[:FEW], name
        yield turns


def main() -> int:
    """Builds, measures, reports."""
    options = command_line(__doc__, 5, rows=100_000)
    with contest(alone=options.alone) as entered:
        rows = messages(entered.stage, options.rows)
        with contestants(entered, rows) as turns:
            medians = harness.interleaved(turns, options.rounds, len(rows), warm_up=1)
            if options.profile:
                harness.profiled(turns[OURS], len(rows))
    rates = {name: 1e6 / median for name, median in medians.items()}
    beaten = Target(f"the rate of {BARE}", rates[OURS] / rates[BARE], at_least=AT_LEAST)
    work = Work(f"insert {len(rows):,} rows", "rows/s", rates, [beaten], more_is_better=True)
    return harness.finish(options, entered.version, [work], packages=harness.installed(*PACKAGES))


if __name__ == "__main__":
    sys.exit(main())
