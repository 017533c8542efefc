"""The text of a diagram: Mermaid's `erDiagram`. Pure.

Mermaid has no quoting for the words inside an entity, so a name or a type that is no word there is
written with underscores, and the comment beside it begins with the true name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_IN_A_WORD = re.compile(r"[^A-Za-z0-9_\[\]()]")
# What the lexer takes for itself outside of entities, and inside of them.
_RESERVED = re.compile(
    r"class|classdef|end|erdiagram|many|one|only|optionally|style|subgraph|title|to|u|zero",
    re.IGNORECASE,
)
_KEY = re.compile(r"(?:pk|fk|uk)\b", re.IGNORECASE)
_DIRECTION = re.compile(r"(direction)\s+(?=TB|BT|RL|LR)", re.IGNORECASE)  # wherever in a line
_SENTENCE_END = re.compile(r"[.;](?=\s|\Z)")


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `unique` is that of the column alone."""

    name: str
    type: str
    primary: bool = False
    foreign: bool = False
    unique: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A table."""

    name: str
    fields: tuple[Field, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key.

    Attributes:
        parent: the table that it references; with its schema where that is another one.
        child: the table that has it.
        columns: its columns.
        optional: whether a row may be without a parent.
        unique: whether a parent has one row at most.
        identifying: whether it is part of the row's own primary key.
    """

    parent: str
    child: str
    columns: tuple[str, ...]
    optional: bool = False
    unique: bool = False
    identifying: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """All tables of a schema, and the foreign keys between them."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


def render(diagram: Diagram) -> str:
    """Returns the diagram's text; equal schemas give equal text."""
    entities = sorted(diagram.entities, key=lambda entity: entity.name)
    relations = sorted(diagram.relations, key=lambda item: (item.parent, item.child, item.columns))
    lines = ["erDiagram"]
    for entity in entities:
        lines += _entity(entity)
    lines += [_relation(relation) for relation in relations]
    return "\n".join(lines) + "\n"


def _entity(entity: Entity) -> Iterator[str]:
    if entity.comment:
        yield f"    %% {_on_one_line(entity.comment)}"
    yield f"    {_entity_name(entity.name)} {{"
    for field in entity.fields:
        yield f"        {_field(field)}"
    yield "    }"


def _field(field: Field) -> str:
    name = _word(field.name)
    keys = [
        key
        for key, is_it in (("PK", field.primary), ("FK", field.foreign), ("UK", field.unique))
        if is_it
    ]
    comment = _summary(field.comment or "")
    if name != field.name:
        comment = ": ".join(filter(None, [_in_quotes(_on_one_line(field.name)), comment]))
    parts = [_word(field.type), name, ", ".join(keys), f'"{comment}"' if comment else ""]
    return " ".join(part for part in parts if part)


def _relation(relation: Relation) -> str:
    parent, child = _entity_name(relation.parent), _entity_name(relation.child)
    left = "|o" if relation.optional else "||"
    line = "--" if relation.identifying else ".."
    right = "o|" if relation.unique else "o{"
    label = _undirected(_in_quotes(_on_one_line(", ".join(relation.columns))))
    return f'    {parent} {left}{line}{right} {child} : "{label}"'


def _entity_name(name: str) -> str:
    if _NAME.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    # In a quoted name these cannot be at all.
    return '"' + _undirected(re.sub(r'["%\\\x00-\x1f]', "_", name)) + '"'


def _word(name: str) -> str:
    """A column's name or a type as one word."""
    word = _NOT_IN_A_WORD.sub("_", name)
    if not re.match(r"[A-Za-z_]", word):
        word = f"_{word}"
    return _KEY.sub(r"\g<0>_", word) if _KEY.match(word) else word


def _summary(comment: str) -> str:
    """The first sentence or clause: a box that is wide with comments is hard to read."""
    text = _in_quotes(_on_one_line(comment))
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _undirected(text: str) -> str:
    return _DIRECTION.sub(r"\1_", text)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _in_quotes(text: str) -> str:
    """Text that neither ends the quotes nor begins one of Mermaid's directives."""
    return text.replace('"', "'").replace("%%", "% %")
