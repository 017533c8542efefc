"""The catalog of all domains that come with pgrepo, read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.catalog import read_domain
from pgrepo.project import load_project
from tests.pages import ROOT

if TYPE_CHECKING:
    from pgrepo.catalog import Domain


@pytest.fixture(scope="module")
def domains(server_url: str) -> list[Domain]:
    """All domains of this repository."""
    project = load_project(ROOT / "pyproject.toml")
    return [read_domain(domain, server_url) for domain in project.domains]
