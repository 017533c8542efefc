"""audiotricks: does the time of authenticate() tell whether somebody has an account?

It compares a bcrypt hash whatever it finds, of nobody's password where there is no account. What
differs is the database's part. Contestants, each a login that fails or succeeds in another way.

Target: no median is more than 10 % from that of an unknown login.

    python benchmarks/authenticate.py [--rounds 30] [--check] [--json FILE]
"""

from __future__ import annotations

import sys
from functools import partial

import harness
import psycopg
from results import Target, Work

from pgrepo import Database
from pgrepo.domains.audiotricks import Audiotricks
from pgrepo.domains.audiotricks.accounts import Accounts

APART_AT_MOST = 10
UNKNOWN = "an unknown login"
RIGHT, WRONG = "Correct7horse", "Wrong7horse"
LOGINS = {
    UNKNOWN: ("nobody", WRONG),
    "a known one, a wrong password": ("ada", WRONG),
    "a known email, a wrong password": ("ada@example.org", WRONG),
    "a closed account, its password": ("closed", RIGHT),
    "a known one, its password": ("ada", RIGHT),
}
OTHERS = """
INSERT INTO audiotricks.users (email, username, password_hash)
SELECT 'user' || n || '@example.org', 'user' || n, '$2b$12$' || repeat('a', 53)
FROM generate_series(1, 20000) AS n
"""


def build(url: str) -> str:
    """A database with 20,000 accounts, two of which have the password; its URL."""
    built = harness.database(url, "accounts", "audiotricks")
    with psycopg.connect(built, autocommit=True) as connection:
        connection.execute(OTHERS)
        connection.execute("VACUUM ANALYZE audiotricks.users")
    with Database(built) as database:
        domain = Audiotricks(database)
        accounts = Accounts(domain)
        for name in ("ada", "closed"):
            user = accounts.register(email=f"{name}@example.org", username=name, password=RIGHT)
        domain.users.deactivate_user(user_id=user.id)
    return built


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__, 30).parse_args()
    with harness.server() as url, Database(build(url)) as database:
        accounts = Accounts(Audiotricks(database))
        contestants = {
            name: harness.repeated(partial(accounts.authenticate, login=login, password=password))
            for name, (login, password) in LOGINS.items()
        }
        medians = harness.interleaved(contestants, options.rounds, 1)
        with database.connection() as connection:
            version = connection.info.server_version
    apart = max(abs(median / medians[UNKNOWN] - 1) * 100 for median in medians.values())
    work = Work(
        "authenticate",
        "ms a call",
        {name: median / 1e3 for name, median in medians.items()},
        [Target("apart from an unknown login", apart, at_most=APART_AT_MOST, unit="%")],
    )
    return harness.finish(options, version, [work])


if __name__ == "__main__":
    sys.exit(main())
