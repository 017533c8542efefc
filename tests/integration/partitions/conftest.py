"""A schema with tables that are partitioned in one way or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.partitions.shop import Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A database with the schema shop, dropped after the test."""
    shop = open_shop(database_url)
    with shop.connection:
        yield shop
