"""The files of a new project: pure, from a name to texts."""

from __future__ import annotations

import keyword
import re
import sys
from importlib import resources
from string import Template

from pgrepo.compiler.names import class_name
from pgrepo.errors import ProjectError

_FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    "main.py": "main.py",
    "src/{name}/__init__.py": "init.py",
    "src/{name}/py.typed": None,
    "src/{name}/sql/V001__orders.sql": "ddl.sql",
    "src/{name}/queries/orders.sql": "queries.sql",
    "tests/conftest.py": "conftest.py",
    "tests/test_orders.py": "test_orders.py",
}
"""Where a file goes, and the template that it is made of; None for an empty file."""

_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column concurrently constraint create cross current_catalog current_date
current_role current_schema current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign freeze from full grant group having ilike
in initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
references returning right select session_user similar some symmetric system_user table
tablesample then to trailing true union unique user using variadic verbose when where window
with
"""
RESERVED = frozenset(_WORDS.split())
"""PostgreSQL's words that cannot name a schema without quotes."""

_LONGEST = 63


def scaffold(name: str) -> dict[str, str]:
    """Returns the texts of a new project's files by their paths in it.

    Raises:
        ProjectError: the name cannot be that of a package and a schema.
    """
    check_name(name)
    templates = resources.files("pgrepo.cli") / "templates"
    words = {"name": name, "Name": class_name(name)}
    texts = {}
    for path, template in _FILES.items():
        text = "" if template is None else (templates / f"{template}.template").read_text("utf-8")
        texts[path.format(name=name)] = Template(text).substitute(words)
    return texts


def check_name(name: str) -> None:
    """Raises ProjectError unless a name can be that of a Python package and a schema."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name, re.ASCII) or keyword.iskeyword(name):
        raise ProjectError(
            f"{name!r} cannot name a project: the name becomes a Python package and a PostgreSQL "
            f"schema, so use lower-case letters, digits and underscores{_suggestion(name)}"
        )
    if len(name) > _LONGEST:
        raise ProjectError(f"{name!r} is too long: PostgreSQL cuts names at {_LONGEST} characters")
    if name in RESERVED:
        raise ProjectError(f"{name!r} is a reserved word of PostgreSQL: take another name")
    if name.startswith("pg_") or name == "pgrepo":
        raise ProjectError(f"the schema {name!r} is not yours to use: take another name")
    if name in sys.stdlib_module_names or name in {"src", "tests", "main"}:
        raise ProjectError(
            f"a package {name!r} would hide Python's own, the tests or main.py: take another name"
        )
    if class_name(name) == "Orders":
        raise ProjectError(f"{name!r} is the name of the example's queries: take another")


def _suggestion(name: str) -> str:
    plain = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_").lstrip("0123456789_")
    usable = plain and plain != name and not keyword.iskeyword(plain) and plain not in RESERVED
    return f", such as {plain}" if usable else ""
