"""`pgrepo catalog`, as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Run


def test_all_forms_at_once(pgrepo: Run, project: Path) -> None:
    """The page, the Markdown and the JSON are made in one go; standard output has JSON alone."""
    told = pgrepo(
        "catalog", "--html", "c.html", "--markdown", "docs/catalog", "--json", cwd=project
    )
    [shop] = json.loads(told.stdout)["domains"]
    assert shop["name"] == "shop"
    assert [table["name"] for table in shop["tables"]] == ["order_lines", "orders"]
    queries = {q["name"]: q for r in shop["repositories"] for q in r["queries"]}
    [module] = [path.read_text() for path in project.rglob("orders.py")]
    signature = queries["order_by_id"]["signature"]
    assert signature in module.replace("\n    ", "\n")
    assert told.stderr.splitlines() == [
        "c.html: shop",
        "docs/catalog/shop.md: written",
        "docs/catalog/shop.svg: written",
    ]
    assert "order_by_id" in (project / "c.html").read_text()
    assert "### order_by_id" in (project / "docs/catalog/shop.md").read_text()
    again = pgrepo("catalog", "--markdown", "docs/catalog", cwd=project)
    assert again.stdout == "docs/catalog: up to date\n"


def test_views(pgrepo: Run, project: Path) -> None:
    """A view is in the catalog, with its columns; the drawing leaves it out."""
    [ddl] = (project / "src/shop/sql").glob("V001__*.sql")
    ddl.with_name("V002__views.sql").write_text(
        "CREATE VIEW shop.noted AS SELECT id, note FROM shop.orders WHERE note IS NOT NULL;\n"
    )
    told = pgrepo("catalog", "--json", "--markdown", "docs", cwd=project)
    tables = {table["name"]: table for table in json.loads(told.stdout)["domains"][0]["tables"]}
    assert tables["noted"]["kind"] == "view"
    assert [column["name"] for column in tables["noted"]["columns"]] == ["id", "note"]
    assert "noted" not in (project / "docs/shop.svg").read_text()


def test_nothing_asked_for(pgrepo: Run, project: Path) -> None:
    """The command says what can be made."""
    told = pgrepo("catalog", cwd=project, status=2)
    assert "--html catalog.html" in told.stderr


def test_a_broken_query(pgrepo: Run, project: Path) -> None:
    """It is told with its place, and nothing is written."""
    [queries] = (project / "src/shop/queries").glob("*.sql")
    queries.write_text(queries.read_text().replace("placed.email", "placed.mail", 1))
    told = pgrepo("catalog", "--html", "c.html", cwd=project, status=1)
    assert "error[PGR203]" in told.stderr
    assert not (project / "c.html").exists()


def test_a_domain_that_comes_along(pgrepo: Run, tmp_path: Path) -> None:
    """It needs no project, and leaves nothing behind but what is asked for."""
    assert pgrepo("catalog", "audiotricks", "--html", "c.html").stdout == "c.html: audiotricks\n"
    assert [path.name for path in tmp_path.iterdir()] == ["c.html"]
