"""Which statement of a script fails, where PostgreSQL's error does not say.

An error about rows or objects, such as a duplicate key, has no position. So the statements are
run again one by one, in a transaction that is rolled back, until one fails in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.sqlfiles.lexer import LexError, split_statements, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.sqlfiles.lexer import Token


def failing_statement(
    connection: psycopg.Connection[Any], script: str, error: psycopg.Error
) -> tuple[int, int] | None:
    """Finds the statement that an error is of.

    Args:
        connection: autocommit; what the script did there is rolled back.
        script: the statements.
        error: what running all of them together has come to.

    Returns:
        Where the statement begins, and where its first line ends. None where no statement fails
        alone as the whole script did, such as for a deferred constraint.
    """
    try:
        statements = split_statements(tokenize(script))
    except LexError:
        return None
    index = _first_failure(connection, script, statements, error)
    if index is None:
        return None
    start, end = statements[index][0].start, statements[index][-1].end
    line_end = script.find("\n", start, end)
    return start, line_end if line_end > 0 else end


def _first_failure(
    connection: psycopg.Connection[Any],
    script: str,
    statements: Sequence[Sequence[Token]],
    error: psycopg.Error,
) -> int | None:
    try:
        with connection.transaction(force_rollback=True):
            for index, statement in enumerate(statements):
                text = script[statement[0].start : statement[-1].end]
                try:
                    connection.execute(text.encode())
                except psycopg.Error as again:
                    return index if _is_same(again, error) else None
    except psycopg.Error:  # the script ends transactions itself
        return None
    return None


def _is_same(one: psycopg.Error, other: psycopg.Error) -> bool:
    return (one.sqlstate, one.diag.message_primary) == (other.sqlstate, other.diag.message_primary)
