"""The catalog as Markdown: a page for each domain, and a picture of its tables beside it.

Equal files give equal pages: nothing in them depends on the day, on costs, or on who made them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgrepo.catalog.diagram import diagram_of, title_of
from pgrepo.catalog.words import count, effect
from pgrepo.errors import ProjectError
from pgrepo.operate.erd import picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pgrepo.catalog.model import Domain, PlanStep, Query, Repository, Table

_BANNER = "<!-- Made by `pgrepo catalog` from {name}'s SQL: edit that, and make the page anew. -->"
# Underscores inside of words are none.
_MARKUP = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)")


def write_markdown(domains: Sequence[Domain], directory: Path) -> list[Path]:
    """Writes the pages and pictures into a directory; returns those that have changed.

    Raises:
        ProjectError: one cannot be written.
    """
    changed = []
    for domain in domains:
        for name, text in markdown_files(domain).items():
            path = directory / name
            try:
                if not path.is_file() or path.read_text(encoding="utf-8") != text:
                    directory.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
                    changed.append(path)
            except OSError as error:
                raise ProjectError(f"{path}: it cannot be written: {error.strerror}") from error
    return changed


def markdown_files(domain: Domain) -> Mapping[str, str]:
    """A domain's page and its picture, by file name."""
    return {
        f"{domain.name}.md": "\n".join(_page(domain)) + "\n",
        f"{domain.name}.svg": picture(diagram_of(domain), title_of(domain)),
    }


def _page(domain: Domain) -> Iterator[str]:
    yield _BANNER.format(name=domain.name)
    yield ""
    yield f"# {_prose(domain.name)}: tables and queries"
    for paragraph in domain.doc:
        yield from ("", _prose(paragraph))
    sums = f"{count(len(domain.tables), 'table')}, {count(len(domain.queries), 'query', 'queries')}"
    yield from ("", f"{sums}. {domain.plans} Parameters are left open.")
    yield from ("", f"![{title_of(domain)}]({domain.name}.svg)")
    yield from ("", "## Tables", "", "| table | holds | refers to |", "|---|---|---|")
    yield from (_table(table) for table in domain.tables)
    for repository in domain.repositories:
        yield from _repository(repository)


def _table(table: Table) -> str:
    keys = ", ".join(
        f"{_code(key.table)} by {', '.join(map(_code, key.columns))}" for key in table.foreign_keys
    )
    told = _prose(table.comment or "") or ("" if table.kind == "table" else f"A {table.kind}.")
    return f"| {_code(table.name)} | {told} | {keys} |"


def _repository(repository: Repository) -> Iterator[str]:
    yield from ("", f"## {_prose(repository.class_name)}")
    for paragraph in repository.doc:
        yield from ("", _prose(paragraph))
    yield from ("", f"From `{repository.file}`.")
    for query in repository.queries:
        yield from ("", f"### {_prose(query.name)}")
        yield from _query(query)


def _query(query: Query) -> Iterator[str]:
    for paragraph in query.doc:
        yield from ("", _prose(paragraph))
    if query.tables:
        yield from ("", f"{effect(query)} {', '.join(map(_code, query.tables))}.")
    yield from ("", "```python", query.signature, "```")
    # Fenced code between tags is understood by all that show such pages.
    told = "SQL and plan" if query.plan else "SQL"
    yield from ("", "<details>", f"<summary>{told}</summary>")
    yield from ("", "```sql", query.sql, "```")
    if query.plan:
        yield from ("", "```text", *map(_step, query.plan), "```")
    yield from ("", "</details>")


def _step(step: PlanStep) -> str:
    return f"{'  ' * step.depth}{step.words}" + (f": {step.detail}" if step.detail else "")


def _code(name: str) -> str:
    return f"`{name}`"


def _prose(text: str) -> str:
    """A comment as text, whatever it has in it that Markdown would read."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", text)
