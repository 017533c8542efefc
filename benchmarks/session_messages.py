"""A session with its 1,000 messages, nested and typed: one call beside what others do for it.

monumento.session_with_messages builds the messages as JSON in the database, which is decoded
straight into dataclasses. Beside it stand the same SQL through psycopg with dataclasses made by
hand, two queries by hand, and the ORMs' ways of loading a collection along. Target: at most 0.5
times what psycopg's JSON with dataclasses by hand takes. Server and client are on one core.

How each peer is used is in benchmarks/peers. They are needed: `pip install 'pgrepo[bench]'`;
with `--alone` only psycopg and aiosql stand beside pgrepo.

    python benchmarks/session_messages.py [--rounds 40] [--check] [--json FILE] [--profile]
        [--alone]
"""

from __future__ import annotations

import sys

import harness
from peers.entrance import PACKAGES, command_line, contest
from peers.stage import contestants
from results import Work

OURS = "pgrepo"
CALLS = 5


def main() -> int:
    """Builds, measures, reports."""
    options = command_line(__doc__)
    with contest(alone=options.alone) as entered:
        turns = contestants(entered.stage, entered.entrants, "session")
        medians = harness.interleaved(turns, options.rounds, CALLS)
        if options.profile:
            harness.profiled(turns[OURS], 300)
    work = Work("a session with 1,000 messages, nested, typed", "µs a call", medians)
    work.aim(OURS, {"psycopg, JSON, dataclasses by hand": 0.5})
    return harness.finish(options, entered.version, [work], packages=harness.installed(*PACKAGES))


if __name__ == "__main__":
    sys.exit(main())
