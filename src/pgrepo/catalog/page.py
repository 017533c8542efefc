"""The catalog as one self-contained HTML page, to search, and to walk through by keyboard."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from pgrepo.catalog.diagram import diagram_of, title_of
from pgrepo.catalog.entries import query_entry, table_entry
from pgrepo.catalog.words import anchor, count
from pgrepo.operate.erd import draw
from pgrepo.page import document, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pgrepo.catalog.model import Domain, Repository

_LEGEND = (
    "The keys of each table. A line leads from a table to one that refers to it. At its ends, a "
    "crow's foot means any number of rows, a bar one row, and a circle that there may be none."
)


def write_page(domains: Sequence[Domain], path: Path) -> None:
    """Writes the page.

    Raises:
        ProjectError: it cannot be written.
    """
    write(path, page(domains))


def page(domains: Sequence[Domain]) -> str:
    """The text of the page."""
    files = resources.files("pgrepo.catalog")
    names = ", ".join(domain.name for domain in domains)
    body = [
        '<a class="skip" href="#entries">Skip to the tables and queries</a>',
        _header(domains),
        '<div class="sheet">',
        _contents(domains),
        '<main id="entries" tabindex="-1">',
        *(_domain(domain) for domain in domains),
        '<p id="none" hidden>Nothing has these words in it.</p>',
        "</main>",
        "</div>",
    ]
    return document(
        f"{names}: query catalog",
        "\n".join(body),
        style=files.joinpath("page.css").read_text("utf-8"),
        script=files.joinpath("page.js").read_text("utf-8"),
    )


def _header(domains: Sequence[Domain]) -> str:
    tables = sum(len(domain.tables) for domain in domains)
    queries = sum(len(domain.queries) for domain in domains)
    sums = f"{count(tables, 'table')}, {count(queries, 'query', 'queries')}"
    return (
        f'<header><h1>Query catalog</h1><p class="quiet">{sums}</p>'
        '<form role="search"><label class="unseen" for="words">Search tables and queries</label>'
        '<input id="words" type="search" placeholder="Search tables and queries" '
        'autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="keys">'
        "</form>"
        '<p id="keys" class="quiet"><kbd>/</kbd> search <kbd>↓</kbd> <kbd>↑</kbd> next, previous '
        "<kbd>Enter</kbd> open <kbd>Esc</kbd> back</p>"
        '<p class="found"><span id="found" role="status"></span> '
        '<button id="more" type="button" hidden></button></p></header>'
    )


def _contents(domains: Sequence[Domain]) -> str:
    items = "".join(
        f'<li><a href="#{escape(domain.name)}">{escape(domain.name)}</a><ul>'
        f'<li><a href="#{escape(domain.name)}/">Tables</a> {len(domain.tables)}</li>'
        + "".join(
            f'<li><a href="#{_group(domain, repository)}">{escape(repository.name)}</a> '
            f"{len(repository.queries)}</li>"
            for repository in domain.repositories
        )
        + "</ul></li>"
        for domain in domains
    )
    return (
        '<nav aria-label="Contents"><details id="contents"><summary>Contents</summary>'
        f"<ul>{items}</ul></details></nav>"
    )


def _group(domain: Domain, repository: Repository) -> str:
    return escape(f"{domain.name}.{repository.class_name}")


def _domain(domain: Domain) -> str:
    name = escape(domain.name)
    return "\n".join(
        [
            f'<section class="domain" aria-labelledby="{name}">',
            f'<h2 id="{name}">{name}</h2>',
            *_paragraphs(domain.doc),
            _diagram(domain),
            '<div class="group">',
            f'<h3 id="{name}/">Tables</h3>',
            *(table_entry(domain, table) for table in domain.tables),
            "</div>",
            *(part for repository in domain.repositories for part in _queries(domain, repository)),
            f'<p class="quiet assumption">{escape(domain.plans)} Parameters are left open.</p>',
            "</section>",
        ]
    )


def _diagram(domain: Domain) -> str:
    own = {table.name for table in domain.tables}
    drawn = draw(
        diagram_of(domain),
        title_of(domain),
        link=lambda table: f"#{anchor(domain, table)}" if table in own else None,
    )
    return (
        '<figure><div class="drawing" role="region" tabindex="0" '
        f'aria-label="{escape(title_of(domain))}">{drawn}</div>'
        f"<figcaption>{_LEGEND}</figcaption></figure>"
    )


def _queries(domain: Domain, repository: Repository) -> Iterator[str]:
    yield '<div class="group">'
    yield (
        f'<h3 id="{_group(domain, repository)}">{escape(repository.class_name)} '
        f'<span class="quiet">{escape(repository.file)}</span></h3>'
    )
    yield from _paragraphs(repository.doc)
    for query in repository.queries:
        yield query_entry(domain, repository, query)
    yield "</div>"


def _paragraphs(doc: Sequence[str]) -> list[str]:
    return [f"<p>{escape(text)}</p>" for text in doc]
