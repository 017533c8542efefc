"""The domain monumento for its tests through plain aiosql."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.monumento.plain_files import Files

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def files(monumento_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    yield from Files.rolled_back(monumento_url)
