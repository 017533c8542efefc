"""Domains made of texts, and what `check` finds in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.compiler.checks.check import Report, check_domain
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from pathlib import Path

Check = Callable[..., Report]


@pytest.fixture
def check(server_url: str, tmp_path: Path) -> Check:
    """Checks a domain called shop, made of DDL, queries and the names of hot tables."""

    def run(ddl: str | Mapping[str, str], queries: str = "", hot: tuple[str, ...] = ()) -> Report:
        domain = DomainFiles("shop", tmp_path, tmp_path / "sql", tmp_path / "queries", None, hot)
        domain.sql.mkdir()
        domain.queries.mkdir()
        files = {"V001__shop.sql": ddl} if isinstance(ddl, str) else ddl
        for name, text in files.items():
            (domain.sql / name).write_text(text)
        if queries:
            (domain.queries / "orders.sql").write_text(queries)
        return check_domain(domain, server_url)

    return run


@pytest.fixture
def planner_can_be_told(server_url: str) -> None:
    """Skips a test that needs a server with statistics to set."""
    with psycopg.connect(server_url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 can be told statistics")
