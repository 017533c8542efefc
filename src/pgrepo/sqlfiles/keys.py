"""`@group_by` and `@key_by`: the columns that a result's rows are found by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.header import Header, Operation

if TYPE_CHECKING:
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.source import Source

_NAME = r'"(?:[^"]|"")+"|\w+'
_NAMES = re.compile(rf"\s+(?:{_NAME})(?:\s*,\s*(?:{_NAME}))*\s*")


@dataclass(frozen=True, slots=True)
class KeyAnnotation:
    """`@group_by column, column`, `@key_by column`.

    Attributes:
        word: "group_by" or "key_by".
        names: the columns.
        spans: where each one is.
    """

    word: str
    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def span(self) -> tuple[int, int]:
        """Where all of them are."""
        return self.spans[0][0], self.spans[-1][1]


def parse_key(word: str, rest: str, at: int) -> KeyAnnotation | None:
    """Reads what stands after the word, at an offset of the file; None if that is no list."""
    if _NAMES.fullmatch(rest) is None:
        return None
    found = list(re.finditer(_NAME, rest))
    return KeyAnnotation(
        word,
        tuple(unquoted(match[0]) for match in found),
        tuple((at + match.start(), at + match.end()) for match in found),
    )


def key_of_no_rows(source: Source, key: KeyAnnotation | None, header: Header) -> list[SourceError]:
    """Returns an error for a key of what is not a list of rows."""
    if key is None or header.operation is Operation.MANY:
        return []
    return [
        source.error(
            "PGR123",
            f"@{key.word} is for queries that return lists of rows, and {header.name} returns none",
            *key.span,
            help=f"remove it, or the operator {header.operation.value}",
            query=header.name,
        )
    ]


def unquoted(name: str) -> str:
    """A name as PostgreSQL has it, without the quotes it is written in."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
