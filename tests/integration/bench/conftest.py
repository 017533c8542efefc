"""A project to measure: the one that `pgrepo init` makes, with data and more queries."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import pgrepo
from pgrepo.cli.main import build_app
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from pgrepo.project import DomainFiles

# Every customer has ten orders, at every scale.
_LOAD = """\
-- step: orders
INSERT INTO bazaar.orders (email, note, created_at)
SELECT
    format('customer%s@example.com', n / 10),
    format('order number %s', n),
    timestamptz '2026-01-01 UTC' + n * interval '1 minute'
FROM generate_series(
    1, (20000 * current_setting('pgrepo.scale')::numeric)::integer
) AS n;
"""
_QUERIES = """
-- name: orders_noted(words)
-- Searches all notes; no index helps.
-- @row NotedOrder
SELECT placed.id
FROM bazaar.orders AS placed
WHERE placed.note LIKE '%' || :words::text || '%'
ORDER BY placed.note, placed.id
LIMIT 3;

-- name: orders_between(since, until, many)
-- Has a range, and a number of rows.
-- @row DatedOrder
SELECT placed.id
FROM bazaar.orders AS placed
WHERE placed.created_at >= :since AND placed.created_at < :until
ORDER BY placed.id
LIMIT :many;

-- name: orders_from(address)
-- Has a parameter for which no column holds values.
-- @row FromOrder
SELECT placed.id
FROM bazaar.orders AS placed
WHERE :address::inet << '10.0.0.0/8'::inet
ORDER BY placed.id
LIMIT 3;
"""


@pytest.fixture(scope="session")
def environment(server_url: str) -> dict[str, str]:
    """The environment of a command."""
    source = str(Path(pgrepo.__file__).parents[1])
    return {**os.environ, "DATABASE_URL": server_url, "PYTHONPATH": source, "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def bazaar_home(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's directory."""
    home = tmp_path_factory.mktemp("bench") / "bazaar"

    def run(*arguments: str) -> None:
        result = CliRunner(env=environment).invoke(build_app(), arguments)
        assert result.exit_code == 0, result.output

    with contextlib.chdir(home.parent):
        run("init", "bazaar")
    sources = home / "src/bazaar"
    (sources / "sql/load").mkdir()
    (sources / "sql/load/01_orders.sql").write_text(_LOAD)
    with (sources / "queries/orders.sql").open("a") as queries:
        queries.write(_QUERIES)
    with contextlib.chdir(home):
        run("generate")
    return home


@pytest.fixture
def bazaar(bazaar_home: Path) -> DomainFiles:
    """Its domain."""
    [found] = select_domains(["bazaar"], bazaar_home)
    return found
