"""What a server must be for its plans and trees to be read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pgrepo.compiler.server import require_version
from pgrepo.errors import ServerVersionError


def _connection(version: int) -> Any:
    return SimpleNamespace(info=SimpleNamespace(server_version=version))


def test_old_servers_are_refused() -> None:
    """The error says what is needed, what is there, and what to do."""
    require_version(_connection(160000), "explaining")
    with pytest.raises(ServerVersionError) as caught:
        require_version(_connection(150012), "explaining", "; name a newer one")
    assert str(caught.value) == (
        "explaining needs PostgreSQL 16 or newer, and the server is 15; name a newer one"
    )
