"""Statements that PostgreSQL understands and cannot run, found before a caller does.

Analysis does not see these: a FULL JOIN whose condition neither hashing nor sorting can serve, a
FOR UPDATE on the side of an outer join that may be missing. PostgreSQL says so when it makes a
plan. In a dynamic query it may be one variant alone, where an optional condition is left out that
made the others possible. So a plan is asked for of every statement, once, and the cache remembers
it. Variants of a patch that differ in what they SET, and in nothing else, have one plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.compiler.analysis.analyse import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.sqlfiles.queries import NamedQuery

# The analysed trees are asked for on this connection; here they would only be in the way.
_EXPLAIN = "SET LOCAL debug_print_rewritten = off; EXPLAIN (GENERIC_PLAN) "


def refuse_unplannable(query: NamedQuery, connection: psycopg.Connection[Any]) -> None:
    """Refuses a query of which a statement has no plan.

    Other errors are none of ours: a constant expression that fails may be one that is never
    computed, and utility statements have no plans.

    Raises:
        SourceError: PGR212.
        psycopg.Error: the connection is lost.
    """
    for sql, which in _statements(query):
        try:
            connection.execute((_EXPLAIN + sql).encode())
        except psycopg.errors.FeatureNotSupported as error:
            diagnostic = error.diag
            raise query.source.error(
                "PGR212",
                f"PostgreSQL cannot run this: {diagnostic.message_primary}{which}",
                *query.name_span,
                help=diagnostic.message_detail or diagnostic.message_hint or _help(query),
                query=query.name,
            ) from None
        except psycopg.Error:
            if connection.closed:
                raise


def _statements(query: NamedQuery) -> Iterator[tuple[str, str]]:
    """The statements of a query, and of variants how to name them."""
    if not query.variants:
        yield query.sql, ""
        return
    for choice in query.variants.choices():
        if not query.variants.assignments.isdisjoint(choice.absent):
            continue
        variant = query.variants.variant(query.sql, query.positions, choice)
        yield variant.sql, naming(query, variant)


def _help(query: NamedQuery) -> str:
    if query.variants:
        return "keep what makes it possible: without @optional, it is always there"
    return "write the statement another way"
