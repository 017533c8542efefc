"""What a header and its annotations promise, compared with what is proved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrepo.compiler.checks.findings import Finding
from pgrepo.compiler.model import Cardinality
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.analysis.analyse import QueryAnalyser
    from pgrepo.compiler.checks.findings import Statement
    from pgrepo.compiler.checks.uniqueness import Uniqueness
    from pgrepo.compiler.model import Query

_SINGLE = frozenset({Operation.ONE, Operation.VALUE, Operation.RETURNING})
_WRITING = frozenset({Operation.AFFECTED, Operation.RETURNING, Operation.BULK})


def check_cardinality(statements: Sequence[Statement], uniqueness: Uniqueness) -> Iterator[Finding]:
    """PGR501 and PGR502: an operator for one row, and many can come; none, and one can."""
    query = statements[0].query
    operator = query.source.operation.value
    if query.source.operation in _SINGLE and query.cardinality is Cardinality.MANY:
        for statement in statements:
            if statement.tree is not None and not uniqueness.may_be_single(statement.tree):
                yield statement.finding(
                    "PGR501",
                    f"{query.name} can return many rows, and {operator} raises an error when it "
                    "returns more than one",
                    help=_keep_one(query),
                )
                return
    one = query.cardinality in {Cardinality.ONE, Cardinality.ZERO_OR_ONE}
    if query.source.operation is Operation.MANY and one:
        yield statements[0].finding(
            "PGR502",
            f"{query.name} never returns more than one row, and returns it in a list",
            help="write ^ after the parameters for the row, or $ for the value of its one column"
            if len(query.columns) == 1
            else "write ^ after the parameters for the row itself",
        )


def _keep_one(query: Query) -> str:
    if query.source.operation is Operation.RETURNING:
        return (
            "name the row by all columns of a unique key in WHERE, or remove <! for a list of rows"
        )
    return "compare all columns of a unique key in WHERE, add LIMIT 1, or remove the operator"


def check_operator(statement: Statement) -> Iterator[Finding]:
    """PGR503: an operator for writing on a statement that only reads."""
    query = statement.query
    operation = query.source.operation
    if operation in _WRITING and query.read_only and statement.tree is not None:
        yield statement.finding(
            "PGR503",
            f"{operation.value} is for statements that write, and {query.name} only reads",
            help="write ^ for one row"
            if operation is Operation.RETURNING
            else "remove it for a list of rows, or write ^ for one row and $ for one value",
        )


def check_not_null(query: Query, analyser: QueryAnalyser) -> Iterator[Finding]:
    """PGR504: `@column … not null` where that is proved without it."""
    source = query.source
    claims = {note.name: note for note in source.annotations.columns if note.not_null}
    if not claims:
        return
    silent = replace(source, annotations=replace(source.annotations, columns=()))
    for column in analyser.analyse(silent).columns:
        note = claims.get(column.name)
        if note is not None and not column.nullable:
            error = source.source.error(
                "PGR504",
                f"{note.name} is proved not null without this",
                *note.span,
                help="remove `not null`, so that it can hide nothing when the query changes"
                if note.type
                else "remove the line, so that it can hide nothing when the query changes",
                query=query.name,
            )
            yield Finding(error, query.name)
