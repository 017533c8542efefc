"""What a shell is told when it asks how a word goes on: read from files, without a server."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from pgrepo.errors import PgrepoError
from pgrepo.project import SHIPPED, find_project

if TYPE_CHECKING:
    from pgrepo.project import DomainFiles

_NAME = re.compile(r"^--\s*name:\s*(\w+)", re.MULTILINE)


def complete_domain(incomplete: str) -> list[str]:
    """The project's domains, and those that come with pgrepo."""
    names = dict.fromkeys([*(domain.name for domain in _domains()), *SHIPPED])
    return [name for name in names if name.startswith(incomplete)]


def complete_query(incomplete: str) -> list[str]:
    """The project's queries, as `name` and, behind a dot, as `domain.name`."""
    found: list[str] = []
    for domain in _domains():
        prefix = f"{domain.name}." if incomplete.startswith(f"{domain.name}.") else ""
        found += [prefix + name for name in _query_names(domain)]
    return sorted(name for name in set(found) if name.startswith(incomplete))


def _domains() -> tuple[DomainFiles, ...]:
    # A shell that completes a word is no place to tell of a mistake in pyproject.toml.
    with contextlib.suppress(PgrepoError, OSError):
        project = find_project()
        return () if project is None else project.domains
    return ()


def _query_names(domain: DomainFiles) -> list[str]:
    names: list[str] = []
    for path in domain.queries.rglob("*.sql"):
        with contextlib.suppress(OSError):
            names += _NAME.findall(path.read_text(encoding="utf-8", errors="replace"))
    return names
