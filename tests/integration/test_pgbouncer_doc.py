"""docs/how-to/use-pgbouncer.md, done by a reader who has a PgBouncer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bouncer import PgBouncer
    from tests.integration.conftest import Block, Walk


def test_page(
    blocks: Callable[[str], list[Block]], walk: Walk, database_url: str, pgbouncer: PgBouncer
) -> None:
    """A program goes through PgBouncer, and the migrator past it."""
    walk.environment["DATABASE_URL"] = database_url
    walk.environment["PGBOUNCER_URL"] = pgbouncer.url(database_url)
    walk.begin_project("pgrepo migrate", "export PYTHONPATH=src")
    walk.assert_works(blocks("docs/how-to/use-pgbouncer.md"))
    name = conninfo_to_dict(database_url)["dbname"]
    with_transactions = {"database": name, "pool_mode": "transaction"}
    assert with_transactions in [
        {name: pool[name] for name in with_transactions} for pool in pgbouncer.ask("SHOW POOLS")
    ]
