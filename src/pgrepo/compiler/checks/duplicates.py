"""PGR506: one statement under two names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.checks.findings import Finding
from pgrepo.sqlfiles.lexer import TokenKind, significant, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.model import Query
    from pgrepo.sqlfiles.queries import NamedQuery


def check_duplicates(queries: Sequence[Query]) -> Iterator[Finding]:
    """Finds queries that differ in nothing but their names and those of their parameters."""
    seen: dict[tuple[object, ...], NamedQuery] = {}
    for query in queries:
        source = query.source
        earlier = seen.setdefault(_essence(source), source)
        if earlier is not source:
            error = source.source.error(
                "PGR506",
                f"{source.name} is the same statement as {earlier.name}",
                *source.name_span,
                help=f"remove one of the two; the other is at {earlier.source.name}:{earlier.line}",
                query=source.name,
            )
            yield Finding(error, source.name)


def _essence(query: NamedQuery) -> tuple[object, ...]:
    """All that makes a query what it is."""
    numbers = {name: number for number, name in enumerate(query.positions)}
    notes = query.annotations
    return (
        query.operation,
        tuple(
            token.text.upper() if token.kind is TokenKind.WORD else token.text
            for token in significant(tokenize(query.sql))
        ),
        tuple(query.variants.fingerprint_parts()),
        notes.row,
        frozenset((note.name, note.type, note.not_null) for note in notes.columns),
        frozenset((numbers.get(note.name), note.type, note.default) for note in notes.parameters),
    )
