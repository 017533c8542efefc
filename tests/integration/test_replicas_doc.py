"""docs/how-to/replicas.md, done by a reader who has a primary and a standby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers import primary, standby

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk


def test_reading_from_replicas(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """What the page shows works, on two real servers."""
    with primary() as leader, standby(leader) as follower:
        walk.environment |= {"DATABASE_URL": leader.url(), "REPLICA_URL": follower.url()}
        walk.begin_project("pgrepo migrate", "export PYTHONPATH=src")
        walk.assert_works(blocks("docs/how-to/replicas.md"))
