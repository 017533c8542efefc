"""docs/how-to/replicas.md, done by a reader who has a primary and a standby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.test_how_to import _BEGIN
from tests.servers import primary, standby

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk


def test_reading_from_replicas(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """What the page shows works, on two real servers."""
    with primary() as leader, standby(leader) as follower:
        walk.environment |= {"DATABASE_URL": leader.url(), "REPLICA_URL": follower.url()}
        walk.run("before the page", _BEGIN)
        walk.through(blocks("docs/how-to/replicas.md"))
