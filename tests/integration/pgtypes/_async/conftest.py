"""The generated domain on the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import AsyncConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.integration.pgtypes.project import Project


@pytest.fixture
async def connection(types_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A host application's connection, whose transaction is rolled back."""
    async with await AsyncConnection.connect(types_url) as connection:
        yield connection
        await connection.rollback()


@pytest.fixture
def types(project: Project, connection: AsyncConnection[Any]) -> Any:
    """The domain on that connection."""
    return project.package.AsyncTypes(connection)
