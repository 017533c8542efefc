"""The tutorial, done from the first command to the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk


def test_first_repository(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """Every file can be written, every command prints what the page says, in its order."""
    page = blocks("docs/tutorial/first-repository.md")
    not_run = [block.text for block in page if block.language == "sh"]
    assert not_run == ["pip install 'pgrepo[cli,embedded,test]' mypy\n"]
    walk.assert_works(page)
    assert (walk.here / "tests" / "test_shipments.py").is_file()
