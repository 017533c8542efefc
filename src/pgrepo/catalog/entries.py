"""The entries of the page: a table, a query. Each is a fold that says the gist while closed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pgrepo.catalog.highlight import highlighted_python, highlighted_sql
from pgrepo.catalog.words import anchor, effect, label, users_of
from pgrepo.page import breakable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.catalog.model import (
        Column,
        Domain,
        Field,
        ForeignKey,
        Index,
        PlanStep,
        Query,
        Repository,
        Table,
    )


def table_entry(domain: Domain, table: Table) -> str:
    """A table: its columns, indexes, foreign keys, and who uses it."""
    tag = "" if table.kind == "table" else table.kind
    head = [
        _text(table.comment),
        _table("Column", [_column(column) for column in table.columns]),
        _list("Foreign keys", [_foreign_key(domain, key) for key in table.foreign_keys]),
        _list("Indexes", [_index(index) for index in table.indexes]),
    ]
    users = ", ".join(_link(label(domain, query), query.name) for query in users_of(domain, table))
    deep = f"<h5>Queries</h5><p>{users}</p>" if users else ""
    summary = _summary(table.name, table.comment, tag)
    return _entry(summary, anchor(domain, table.name), head, [deep])


def query_entry(domain: Domain, repository: Repository, query: Query) -> str:
    """A query: its method, what it is for, what it touches; its SQL, rows and plan."""
    own = {table.name for table in domain.tables}
    touched = ", ".join(
        _link(anchor(domain, name), name) if name in own else escape(name) for name in query.tables
    )
    place = f'<span class="quiet">{escape(repository.file)}:{query.line}</span>'
    head = [
        f"<pre><code>{highlighted_python(query.signature)}</code></pre>",
        *(_text(paragraph) for paragraph in query.doc),
        f"<p>{effect(query)} {touched}. {place}</p>" if touched else f"<p>{place}</p>",
    ]
    deep = [
        f"<h5>SQL</h5><pre><code>{highlighted_sql(query.sql)}</code></pre>",
        _fields(query.row, query.fields),
        _plan(query.plan),
    ]
    gist = query.doc[0] if query.doc else None
    summary = _summary(query.name, gist, "" if query.read_only else "writes")
    return _entry(summary, label(domain, query), head, deep)


def _summary(name: str, gist: str | None, tag: str) -> str:
    """What is to be seen of a closed fold."""
    marked = f' <span class="tag">{escape(tag)}</span>' if tag else ""
    told = f' <span class="quiet">{escape(gist)}</span>' if gist else ""
    return f"<summary><h4><code>{breakable(name)}</code></h4>{marked}{told}</summary>"


def _entry(summary: str, place: str, head: Sequence[str], deep: Sequence[str]) -> str:
    """A fold. What is in `head` is found before what is in `deep`."""
    # A browser opens the fold around what a link leads to: so the anchor is inside of it.
    return (
        f'<details class="entry">{summary}<div class="inside" id="{escape(place)}">'
        f"<div>{''.join(head)}</div>{''.join(deep)}</div></details>"
    )


def _text(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _link(place: str, name: str) -> str:
    return f'<a href="#{escape(place)}">{breakable(name)}</a>'


def _list(heading: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    return f"<h5>{heading}</h5><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _table(what: str, rows: Sequence[str]) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head in (what, "Type", "Holds"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(name: str, typed: str, told: str) -> str:
    return f'<tr><th scope="row">{name}</th><td>{typed}</td><td>{told}</td></tr>'


def _index(index: Index) -> str:
    kind = "primary key, " if index.primary else "unique, " if index.unique else ""
    return f"<code>{escape(index.name)}</code> {kind}<code>{escape(index.definition)}</code>"


def _column(column: Column) -> str:
    marks = "".join(
        f' <abbr title="{told}">{mark}</abbr>'
        for mark, told, is_it in (
            ("PK", "part of the primary key", column.primary),
            ("FK", "part of a foreign key", column.foreign),
        )
        if is_it
    )
    null = ' <span class="quiet">or NULL</span>' if column.nullable else ""
    told = escape(column.comment or "")
    if column.choices:
        values = ", ".join(f"<code>{escape(value)}</code>" for value in column.choices)
        told += f'<span class="choices">{values}</span>'
    name = f"<code>{breakable(column.name)}</code>{marks}"
    return _row(name, f"<code>{escape(column.type)}</code>{null}", told)


def _foreign_key(domain: Domain, key: ForeignKey) -> str:
    """Its columns, the table that they refer to, and what PostgreSQL says further of that."""
    is_own = any(key.table == table.name for table in domain.tables)
    name = _link(anchor(domain, key.table), key.table) if is_own else escape(key.table)
    rest = key.definition.removeprefix("REFERENCES ").removeprefix(key.table)
    columns = escape(", ".join(key.columns))
    return f"<code>{columns}</code> refers to {name}<code>{escape(rest)}</code>"


def _fields(row: str | None, fields: Sequence[Field]) -> str:
    if row is None:
        return ""
    rows = [
        _row(
            f"<code>{breakable(field.name)}</code>",
            f"<code>{escape(field.type)}</code>",
            escape(field.comment or ""),
        )
        for field in fields
    ]
    return f"<h5>{escape(row)}</h5>{_table('Field', rows)}"


def _plan(steps: Sequence[PlanStep]) -> str:
    if not steps:
        return ""
    items = "".join(
        f'<li style="--depth:{step.depth}">{escape(step.words)}'
        + (f' <span class="quiet">{escape(step.detail)}</span>' if step.detail else "")
        + "</li>"
        for step in steps
    )
    return f'<h5>Plan</h5><ul class="plan">{items}</ul>'
