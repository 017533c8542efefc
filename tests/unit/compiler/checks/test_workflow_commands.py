"""Errors as GitHub's workflow commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgrepo.cli.check import workflow_command
from pgrepo.errors import SourceError


def test_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a name or a message can end the command or one of its properties."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    error = SourceError(
        code="PGR203",
        message="100% of a::b,\r\nand c",
        file="a,b:c/%.sql",
        line=3,
        column=4,
        source_line="x",
    )
    assert workflow_command(error, Path("/project")) == (
        "::error file=a%2Cb%3Ac/%25.sql,line=3,col=4,title=PGR203::100%25 of a::b,%0D%0Aand c"
    )


@pytest.mark.parametrize(
    ("workspace", "file"),
    [
        ("/checkout", "shop/orders.sql"),
        ("/checkout/shop", "orders.sql"),
        ("/elsewhere", "orders.sql"),
    ],
)
def test_paths(monkeypatch: pytest.MonkeyPatch, workspace: str, file: str) -> None:
    """Paths are seen from the top of the repository, where the project is in it."""
    monkeypatch.setenv("GITHUB_WORKSPACE", workspace)
    error = SourceError(
        code="PGR203", message="m", file="orders.sql", line=1, column=1, source_line="", help="h"
    )
    command = workflow_command(error, Path("/checkout/shop"))
    assert command == f"::error file={file},line=1,col=1,title=PGR203::m%0Ahelp: h"
