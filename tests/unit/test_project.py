"""[tool.pgrepo]: where a project's files are, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.errors import ProjectError
from pgrepo.project import (
    SHIPPED,
    BenchSettings,
    DomainFiles,
    find_project,
    load_project,
    select_domains,
    shipped_domain,
)

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
[tool.pgrepo.domains.shop]
sql = "shop/sql"
queries = "shop/queries"
output = "src/repositories"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the domain shop; returns its pyproject.toml."""
    (tmp_path / "shop" / "sql").mkdir(parents=True)
    (tmp_path / "shop" / "queries").mkdir()
    path = tmp_path / "pyproject.toml"
    path.write_text(SHOP)
    return path


def test_paths_are_relative_to_the_project(project):
    """And sample and load lie beside the DDL files."""
    root = project.parent
    (domain,) = load_project(project).domains
    assert domain == DomainFiles(
        "shop", root, root / "shop/sql", root / "shop/queries", root / "src/repositories"
    )
    assert (domain.sample, domain.load) == (root / "shop/sql/sample", root / "shop/sql/load")


def test_hot_tables(project):
    """They may be named; by default there are none."""
    (cold,) = load_project(project).domains
    assert cold.hot == ()
    project.write_text(SHOP + 'hot = ["orders", "lines"]\n')
    (hot,) = load_project(project).domains
    assert hot.hot == ("orders", "lines")


def test_bench(project):
    """Values of parameters as PostgreSQL writes them, and queries to leave out."""
    (plain,) = load_project(project).domains
    assert plain.bench == BenchSettings()
    project.write_text(
        SHOP + "[tool.pgrepo.domains.shop.bench]\n"
        'params = { limit = 50, "a.b" = [true, 2.5], day = 2026-01-31 }\n'
        'skip = ["add_*"]\n'
    )
    (told,) = load_project(project).domains
    assert told.bench == BenchSettings(
        params=(("limit", ("50",)), ("a.b", ("true", "2.5")), ("day", ("2026-01-31",))),
        skip=("add_*",),
    )


def test_the_nearest_project_with_a_table_is_found(project):
    """A pyproject.toml without [tool.pgrepo] on the way is passed."""
    inner = project.parent / "shop" / "sql"
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    found = find_project(inner)
    assert found is not None
    assert found.root == project.parent


def test_no_project_is_not_an_error(tmp_path):
    """Somebody may only want a shipped domain."""
    assert find_project(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SHOP.replace("queries =", "querys ="), "shop.querys is not a key; did you mean 'queries'"),
        ("[tool.pgrepo]\ndomain = 1\n", "tool.pgrepo.domain is not a key; did you mean 'domains'"),
        (SHOP.replace('sql = "shop/sql"\n', ""), "shop.sql is missing"),
        (SHOP.replace('"shop/sql"', "3"), "shop.sql must be a path in quotes, not 3"),
        (SHOP.replace("shop/sql", "nowhere"), "shop.sql: 'nowhere' is not a directory"),
        (SHOP + 'hot = "orders"\n', "shop.hot must be a list of table names in quotes, not"),
        (SHOP + "hot = [3]\n", "shop.hot must be a list of table names in quotes, not"),
        (SHOP + "bench = { skip = 3 }\n", "shop.bench.skip must be a list of queries' names"),
        (SHOP + "bench = { skips = [] }\n", "shop.bench.skips is not a key; did you mean 'skip'"),
        (SHOP + "bench = { params = { limit = [] } }\n", "'limit' is an empty list"),
        (SHOP + "bench = { params = { limit = {} } }\n", "'limit' must be a value, or a list"),
        ("[tool.pgrepo]\ndomains = 3\n", "tool.pgrepo.domains must be a table"),
        ("[tool.pgrepo.domains]\nshop = 3\n", "tool.pgrepo.domains.shop must be a table"),
        ("[tool]\npgrepo = 3\n", "tool.pgrepo must be a table"),
        ("[tool.pgrepo", "this is not TOML"),
        (SHOP.replace("shop]", '"my shop"]'), "becomes a schema and a Python package"),
        (SHOP.replace("shop]", "class]"), "becomes a schema and a Python package"),
        (SHOP.replace("shop]", "pgrepo]"), "not yours to use"),
        ("[project]\n", "there is no .tool.pgrepo. table"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(project, text, words):
    """One for every way to write it wrong."""
    project.write_text(text)
    with pytest.raises(ProjectError, match=words) as caught:
        load_project(project)
    assert str(project) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    """A path given by hand may be wrong."""
    with pytest.raises(ProjectError, match="no such file"):
        load_project(tmp_path / "pyproject.toml")


def test_shipped_domains_are_found_beside_the_package():
    """In a checkout they can be generated anew."""
    for name in SHIPPED:
        domain = shipped_domain(name)
        assert domain.sql.is_dir()
        assert domain.queries.is_dir()
        assert domain.sql.name == domain.queries.name == name
    with pytest.raises(ProjectError, match="did you mean 'monumento'"):
        shipped_domain("monument")


def test_the_projects_own_domains_come_first(project):
    """Without names all of its own; by name also those that pgrepo ships, each once."""
    root = project.parent
    assert [domain.name for domain in select_domains([], root)] == ["shop"]
    found = select_domains(["monumento", "shop", "shop"], root)
    assert [domain.name for domain in found] == ["monumento", "shop"]

    project.write_text(SHOP.replace("shop]", "monumento]"))
    assert select_domains(["monumento"], root)[0].root == root


def test_an_unknown_domain_is_refused_with_a_suggestion(project, tmp_path_factory):
    """And without a project and a name there is nothing to do."""
    with pytest.raises(ProjectError, match="no domain 'shp'; did you mean 'shop'"):
        select_domains(["shp"], project.parent)
    with pytest.raises(ProjectError, match="pgrepo init"):
        select_domains([], tmp_path_factory.mktemp("empty"))
