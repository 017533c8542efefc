"""The how-to page, done by a reader who has the project of `pgrepo init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk


def test_page(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """Every test on the page passes or fails as the page says."""
    plugins = ("pgrepo.pytest", "pytest_asyncio.plugin", "pytest_postgresql.plugin")
    walk.environment["PYTEST_PLUGINS"] = ",".join(plugins)
    walk.environment["PYTHONWARNINGS"] = "ignore"  # pytest-asyncio's, of an option that is not set
    walk.begin_project()
    walk.assert_works(blocks("docs/how-to/test-with-pytest.md"))
