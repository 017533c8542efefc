"""What a dataclass to be written is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.compiler.pytypes import PyType

_NAMED_QUERIES = 3  # so many names in a docstring are a help, more are a list


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row class."""

    name: str
    type: PyType
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class RowClass:
    """A dataclass to be written.

    Attributes:
        name: its name.
        doc: its docstring; without one it tells which queries yield it.
        fields: its fields in order.
        queries: the queries that yield it.
        composite: the composite type that it stands for, if it does.
        parts: of a composite type, how the types of its fields are named.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    queries: tuple[str, ...] = ()
    composite: str = ""
    parts: tuple[PyType, ...] = ()

    @property
    def description(self) -> str:
        """The docstring: the one it was given, or which queries yield it."""
        if self.doc or not self.queries:
            return self.doc
        *others, last = self.queries[:_NAMED_QUERIES]
        named = f"{', '.join(others)} and {last}" if others else last
        more = len(self.queries) - _NAMED_QUERIES
        return f"One row of {named}" + (f" and {more} more queries." if more > 0 else ".")

    @property
    def shape(self) -> tuple[tuple[str, str], ...]:
        """What makes two row classes interchangeable: their fields' names and types."""
        return tuple((item.name, item.type.text) for item in self.fields)


def field_doc(comment: str | None, domain: str | None) -> str | None:
    """A field's docstring: the column's COMMENT, and the domain it is of."""
    told = f"Domain {domain}." if domain else ""
    if not comment or not told:
        return comment or told or None
    end = "" if comment.rstrip().endswith((".", "!", "?")) else "."
    return f"{comment.rstrip()}{end} {told}"
