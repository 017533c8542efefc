"""What may vary in a query, read and checked: its `@optional` markers and `@order_by` lines.

The compiler and the runtime both read it here, so that they make the same variants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.sqlfiles.comments import comment_lines, leading_block
from pgrepo.sqlfiles.header import Operation
from pgrepo.sqlfiles.variants import MAX_VARIANTS, Variants

if TYPE_CHECKING:
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.adapter import AiosqlQuery
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.sections import Section
    from pgrepo.sqlfiles.source import Source

_WORDS = ("@optional", "@order_by")


def read_variants(
    source: Source, section: Section, query: AiosqlQuery
) -> tuple[Variants, list[SourceError]]:
    """Reads what may vary in a query.

    Args:
        source: the file.
        section: the query's part of it.
        query: the query as aiosql has loaded it.

    Returns:
        Its variants, or what is wrong.
    """
    if not any(word in token.text for token in section.body if token.is_comment for word in _WORDS):
        return Variants(), []
    # Few queries have any of it, and the runtime loads all of them.
    from pgrepo.sqlfiles.markers import read_markers  # noqa: PLC0415
    from pgrepo.sqlfiles.ordering import read_ordering  # noqa: PLC0415

    assert section.header is not None
    doc = leading_block(source.text, section.body, section.header.end)
    statement = section.body[len(doc) :]
    options, errors = read_markers(source, statement, query.name)
    optional = {name for option in options for name in option.parameters}
    always = [name for name in query.numbered.positions if name not in optional]
    ordering, problems = read_ordering(source, comment_lines(doc), statement, query.name, always)
    variants = Variants(options, ordering)
    if not errors and not problems and variants:
        errors += _refuse(variants, source, section.header, query)
    return variants, errors + problems


def _refuse(
    variants: Variants, source: Source, header: Token, query: AiosqlQuery
) -> list[SourceError]:
    """Refuses what no part of it is wrong in by itself."""
    ordering = variants.ordering
    place = (header.start, header.end)
    if query.operation is Operation.BULK:
        return [
            source.error(
                "PGR133",
                f"{query.name} takes many rows at once, and all of them take the same statement",
                *place,
                help="write a query of one row (! or <!) for what is optional, without the *",
                query=query.name,
            )
        ]
    if ordering is not None and "order_by" in query.numbered.positions:
        return [
            source.error(
                "PGR135",
                "the parameter order_by is taken: it is the one that @order_by adds",
                *place,
                help="give the statement's own parameter another name",
                query=query.name,
            )
        ]
    if variants.count > MAX_VARIANTS:
        orders = f" and {len(ordering.orders)} orders" if ordering else ""
        return [
            source.error(
                "PGR136",
                f"{len(variants.options)} options{orders} make {variants.count:,} variants, and "
                f"{MAX_VARIANTS:,} can be checked and prepared",
                *place,
                help="split the query by what its callers need, or let some parameters share "
                "what is optional",
                query=query.name,
            )
        ]
    return []
