# Derived from tests/integration/pgtypes/_async/conftest.py by tools/async_to_sync.py: do not edit.
"""The generated domain on the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.pgtypes.project import Project


@pytest.fixture
def connection(types_url: str) -> Iterator[Connection[Any]]:
    """A host application's connection, whose transaction is rolled back."""
    with Connection.connect(types_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def types(project: Project, connection: Connection[Any]) -> Any:
    """The domain on that connection."""
    return project.package.Types(connection)
