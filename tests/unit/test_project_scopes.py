"""Scopes in pyproject.toml: what they become, and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.errors import ProjectError
from pgrepo.project import DeclaredScope, load_project

if TYPE_CHECKING:
    from pathlib import Path

_DOMAIN = """\
[tool.pgrepo.domains.shop]
sql = "sql"
queries = "queries"
output = "out"

"""


def scopes(root: Path, text: str) -> tuple[DeclaredScope, ...]:
    """The scopes of a project with such a pyproject.toml."""
    for directory in ("sql", "queries"):
        (root / directory).mkdir()
    (root / "pyproject.toml").write_text(_DOMAIN + text)
    [domain] = load_project(root / "pyproject.toml").domains
    return domain.scopes


def test_none(tmp_path: Path) -> None:
    """A project without scopes has none."""
    assert scopes(tmp_path, "") == ()


def test_scopes(tmp_path: Path) -> None:
    """Roles and settings are read, in the order in which they are written."""
    text = """\
[tool.pgrepo.domains.shop.scopes.tenant]
role = "shop_app"
settings = { "shop.tenant_id" = "uuid", "shop.user_id" = "bigint" }

[tool.pgrepo.domains.shop.scopes.reader]
role = "Reader"
"""
    settings = (("shop.tenant_id", "uuid"), ("shop.user_id", "bigint"))
    assert scopes(tmp_path, text) == (
        DeclaredScope("tenant", "shop_app", settings),
        DeclaredScope("reader", "Reader", ()),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scopes = 5", "shop.scopes must be a table, not 5"),
        ("scopes.tenant = 5", "scopes.tenant must be a table, not 5"),
        ("scopes.tenant = {}", "scopes.tenant: a scope has a role, settings, or both"),
        ('scopes.Tenant = { role = "x" }', "a scope's name becomes part of a method's"),
        ('scopes."a b" = { role = "x" }', "a scope's name becomes part of a method's"),
        ("scopes.tenant = { role = 5 }", "tenant.role must be a role's name, not 5"),
        ('scopes.tenant = { roles = "x" }', "did you mean 'role'"),
        ('scopes.tenant = { settings = { id = "uuid" } }', "two parts, such as tenant.user_id"),
        ('scopes.tenant = { settings = { "a.B" = "uuid" } }', "two parts"),
        ('scopes.tenant = { settings = { a.b = "uuid" } }', "two parts"),
        ('scopes.tenant = { settings = { "a.b" = "json" } }', "'json' is not a type of a setting"),
        ('scopes.tenant = { settings = { "a.b" = 5 } }', "5 is not a type of a setting"),
        ('scopes.tenant = { settings = { "a.class" = "text" } }', "class cannot be the name"),
        (
            'scopes.tenant = { settings = { "a.id" = "text", "b.id" = "text" } }',
            "id cannot be the name of another parameter",
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, why: str) -> None:
    """The error names the file, the key, and what is wrong."""
    with pytest.raises(ProjectError) as caught:
        scopes(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: tool.pgrepo.domains.shop")
    assert why in str(caught.value)
