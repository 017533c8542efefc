"""storyverse: is the cost of a topic's pages flat as ideas and scenes become more and more?

ideas_by_topic and scenes_by_topic, ten rows, in each of their orders: the first page, and one from
the middle of the topic; of ideas also the first page of a category. Ten topics in databases of
1,000, 10,000 and 100,000 ideas with twice as many scenes, as sql/storyverse/load makes them.
Target for each: the largest costs at most 1.5 times what the smallest does.

    python benchmarks/storyverse_feeds.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import sys
from typing import Any, LiteralString

import growth
import harness
import psycopg

from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries

SCALES = (1, 10, 100)
LIMIT = 10

# The pages do not read likes or segments, only what was counted of them. So the triggers are
# passed over, and what they would have counted is put in: as the load files spread likes, and
# segments up to 90 days after a scene began.
COUNTS: tuple[LiteralString, ...] = (
    """
    UPDATE storyverse.ideas
    SET like_count = 40 / (1 + abs(hashtext(id::text) % 40))
    """,
    """
    UPDATE storyverse.scenes
    SET
        like_count = 40 / (1 + abs(hashtext(id::text) % 40)),
        last_segment_at = created_at + abs(hashtext(id::text) % 90) * interval '1 day'
    """,
    "VACUUM (FULL, ANALYZE) storyverse.ideas",
    "VACUUM (FULL, ANALYZE) storyverse.scenes",
    "VACUUM (ANALYZE)",
)

# The key of a row in the middle of each topic, or category, in an order.
MIDDLE: LiteralString = """
SELECT middle.*
FROM (SELECT DISTINCT {group} AS id FROM storyverse.{table} WHERE {group} IS NOT NULL) AS part
CROSS JOIN LATERAL (
    SELECT part.id, feed.{column}, feed.id
    FROM storyverse.{table} AS feed
    WHERE feed.{group} = part.id AND {listed}
    ORDER BY feed.{column} DESC, feed.id DESC
    OFFSET (
        SELECT count(*) / 2 FROM storyverse.{table} AS feed
        WHERE feed.{group} = part.id AND {listed}
    )
    LIMIT 1
) AS middle
ORDER BY part.id
"""
LISTED = {
    "ideas": "feed.status = 'active' AND feed.moderation_status = 'approved'",
    "scenes": "feed.status IN ('active', 'locked')",
}
# Of each order: the table, the column, and the parameters that go on after a row.
FEEDS = {
    ("ideas_by_topic", "newest"): ("ideas", "created_at", "before_created_at", "before_id"),
    ("ideas_by_topic", "popular"): ("ideas", "like_count", "below_like_count", "below_id"),
    ("scenes_by_topic", "active"): ("scenes", "active_at", "before_active_at", "before_active_id"),
    ("scenes_by_topic", "newest"): ("scenes", "created_at", "before_created_at", "before_id"),
    ("scenes_by_topic", "popular"): ("scenes", "like_count", "below_like_count", "below_id"),
}


def build(url: str, scale: int) -> str:
    """A database of so many ideas and scenes; its URL."""
    built = harness.database(url, f"stories_{scale}", "storyverse")
    with psycopg.connect(built, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        harness.load(connection, "storyverse", scale, "0[1-4]_*.sql")
        for step in COUNTS:
            connection.execute(step)
    return built


def heats(url: str) -> dict[str, list[growth.Contestant]]:
    """Each page of each order, in databases of three sizes."""
    queries = load_queries(shipped_domain("storyverse").queries)
    found: dict[str, list[growth.Contestant]] = {}
    for scale in SCALES:
        built = build(url, scale)
        for (call, order), (table, column, before, before_id) in FEEDS.items():
            middles = middle(built, table, column, "topic_id")
            first = {"topic_id": [row[0] for row in middles], "limit": [LIMIT] * len(middles)}
            later = {
                before: [row[1] for row in middles],
                before_id: [row[2] for row in middles],
            }
            pages: dict[str, dict[str, list[Any]]] = {"": first, ", later": first | later}
            if table == "ideas":
                pages[", category"] = first | {"category_id": categories(built)}
            for page, given in pages.items():
                name = f"{call} {order}{page}"
                entrant = growth.enter(
                    f"{name}, {scale}x", built, queries[call], order, LIMIT, **given
                )
                found.setdefault(name, []).append(entrant)
    return found


def middle(url: str, table: str, column: str, group: str) -> list[tuple[Any, ...]]:
    """Of each topic its id, and the key of the row in the middle."""
    text = MIDDLE.format(table=table, column=column, group=group, listed=LISTED[table])
    return harness.rows(url, text)


def categories(url: str) -> list[Any]:
    """A category of each topic."""
    return [
        row[0]
        for row in harness.rows(
            url,
            """
            SELECT (array_agg(id ORDER BY id))[1] FROM storyverse.categories
            GROUP BY topic_id ORDER BY topic_id
            """,
        )
    ]


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with harness.server() as url:
        return growth.report(options, heats(url))


if __name__ == "__main__":
    sys.exit(main())
