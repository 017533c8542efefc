"""audiotricks: are a user's history and the search through it flat as there is more and more?

history_page, twenty rows, in the scope of a user: the first page, and one from the middle.
search_history, the ten best of twenty that fit: in the scope of a user, as more and more users have
histories; for an operator, as this user's own history grows. Ten users who keep 100, 1,000 and
10,000 entries each, and 10, 100 and 1,000 users who keep 100. All entries are of one month, so that
a page lies in as many partitions in each database. Target for each: the largest costs at most 1.5
times what the smallest does.

A search in scope reads all that the user has, because PostgreSQL asks the policy before any word.
What that costs as the user's own history grows is shown, without a target.

    python benchmarks/audiotricks_history.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, LiteralString

import growth
import harness
import psycopg
from psycopg.conninfo import make_conninfo

from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from collections.abc import Callable

LONGER = ((10, 100), (10, 1_000), (10, 10_000))  # users, and what each keeps
MORE_USERS = ((10, 100), (100, 100), (1_000, 100))
PAGE, BEST = 20, 10
OWN_IN_SCOPE = "search_history, in scope, own history"

FILL: tuple[LiteralString, ...] = (
    "SET session_replication_role = replica",
    "SELECT audiotricks.create_monthly_partition('audio_history', 2025, 6)",
    """
    INSERT INTO audiotricks.users (id, email, username, password_hash)
    SELECT md5('user ' || n)::uuid, n || '@example.org', 'user-' || n, '$2b$12$' || repeat('a', 53)
    FROM generate_series(1, {users}) AS n
    """,
    """
    INSERT INTO audiotricks.audio_history (user_id, title, transcript, created_at)
    SELECT md5('user ' || n)::uuid, 'Entry ' || e,
        CASE WHEN e % ({entries} / 20) = 0 THEN 'A glacier' ELSE 'A river' END
            || ' moves through the valley, and what it carries comes to rest where it is slow.',
        timestamptz '2025-06-01Z' + e * interval '28 days' / {entries}
    FROM generate_series(1, {entries}) AS e
    CROSS JOIN generate_series(1, {users}) AS n
    ORDER BY e, n
    """,
    "VACUUM (ANALYZE)",
)
MIDDLE: LiteralString = """
SELECT user_id, created_at, id FROM audiotricks.audio_history
WHERE user_id = md5('user 3')::uuid
ORDER BY created_at DESC, id DESC OFFSET %s LIMIT 1
"""


class Filled:
    """A database in which so many users keep so many entries each."""

    def __init__(self, url: str, users: int, entries: int) -> None:
        name = f"history_{users}_{entries}"
        built = harness.database(url, name, "audiotricks")
        with psycopg.connect(built, autocommit=True) as connection:
            for step in FILL:
                connection.execute(step.format(users=users, entries=entries).encode())
        [(user, created_at, entry)] = harness.rows(built, MIDDLE, entries // 2)
        scope = f"-c role=audiotricks_app -c audiotricks.user_id={user}"
        self._name = name
        self._scope = make_conninfo(built, options=scope)
        self._operator = make_conninfo(built, options="-c role=audiotricks_operator")
        self._user = {"user_id": [user]}
        self._middle = {"before_created_at": [created_at], "before_id": [entry]}
        self._queries = load_queries(shipped_domain("audiotricks").queries)

    def first_page(self) -> growth.Contestant:
        """history_page from the newest on."""
        return self._page({name: [None] for name in self._middle})

    def later_page(self) -> growth.Contestant:
        """history_page from the middle on."""
        return self._page(self._middle)

    def _page(self, start: dict[str, list[Any]]) -> growth.Contestant:
        query = self._queries["history_page"]
        given = self._user | start | {"limit": [PAGE]}
        return growth.enter(self._name, self._scope, query, None, PAGE, **given)

    def search(self) -> growth.Contestant:
        """search_history in the user's scope."""
        return self._search(self._scope)

    def operators_search(self) -> growth.Contestant:
        """search_history for the same user, by an operator."""
        return self._search(self._operator)

    def _search(self, url: str) -> growth.Contestant:
        query = self._queries["search_history"]
        given = self._user | {"words": ["glacier"], "limit": [BEST]}
        return growth.enter(self._name, url, query, None, BEST, **given)


def heats(url: str) -> dict[str, list[growth.Contestant]]:
    """Each call in databases of three sizes."""
    built = {size: Filled(url, *size) for size in sorted({*LONGER, *MORE_USERS})}
    calls: dict[str, tuple[Callable[[Filled], growth.Contestant], Any]] = {
        "history_page": (Filled.first_page, LONGER),
        "history_page, later": (Filled.later_page, LONGER),
        "search_history, in scope, users": (Filled.search, MORE_USERS),
        "search_history, operator, own history": (Filled.operators_search, LONGER),
        OWN_IN_SCOPE: (Filled.search, LONGER),
    }
    return {name: [enter(built[size]) for size in sizes] for name, (enter, sizes) in calls.items()}


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with harness.server() as url:
        return growth.report(options, heats(url), free={OWN_IN_SCOPE})


if __name__ == "__main__":
    sys.exit(main())
