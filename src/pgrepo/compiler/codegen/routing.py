"""`@primary`, checked: which queries it says something of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.compiler.model import CompiledDomain
    from pgrepo.errors import SourceError


def routing_errors(domain: CompiledDomain) -> list[SourceError]:
    """Returns an error, PGR122, for each query that goes to the primary without `@primary`."""
    return [
        query.source.source.error(
            "PGR122",
            f"{query.name} writes or locks, and goes to the primary anyway",
            *span,
            help="remove @primary",
            query=query.name,
        )
        for module in domain.modules
        for query in module.queries
        if (span := query.source.annotations.primary) is not None and not query.read_only
    ]
