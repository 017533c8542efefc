"""Asking PostgreSQL: a statement is parsed and analysed by the server, never planned or run."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psycopg.pq import DiagnosticField, ExecStatus

from pgrepo.compiler.analysis.group_entries import add_group_entries
from pgrepo.compiler.analysis.nodes import Node, read_tree
from pgrepo.sqlfiles.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg
    from psycopg.errors import Diagnostic

_SETTINGS = """
SET client_min_messages = log;
SET debug_print_rewritten = on;
SET debug_pretty_print = off;
SET search_path = "$user", public;
"""
_UTILITY = 6  # CmdType of EXPLAIN, SHOW, CALL …, which have no tree of their own
_PARAMETER = re.compile(r"parameter (?P<number>\$\d+)")
_TREE_MESSAGE = "rewritten parse tree:"


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A result column as the server describes it."""

    name: str
    type_oid: int


@dataclass(frozen=True)
class Description:
    """What the server says of a statement.

    Attributes:
        parameters: the type OID of each `$n`.
        columns: its result columns.
        printed: its trees as the server prints them.
    """

    parameters: tuple[int, ...]
    columns: tuple[ResultColumn, ...]
    printed: tuple[str, ...]

    @cached_property
    def trees(self) -> tuple[Node, ...]:
        """Its rewritten query trees: none for a utility statement, several where a rule adds some.

        Reading them takes longer than all the rest, and is done when they are asked for.
        """
        trees = [node for text in self.printed for node in read_tree(text)]
        for tree in trees:
            add_group_entries(tree)
        return tuple(tree for tree in trees if tree.integer("commandType") != _UTILITY)


class Rejected(Exception):
    """PostgreSQL refused a statement.

    Attributes:
        sqlstate: such as "42703".
        message: its primary message.
        hint: its hint, if any.
        position: 0-based offset into the statement in characters, if it gave one.
    """

    def __init__(self, sqlstate: str, message: str, hint: str | None, position: int | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.hint = hint
        self.position = position


class Describer:
    """Describes statements on one connection, which it keeps for itself.

    Args:
        connection: autocommit, to the scratch database; its settings are changed.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._trees: list[str] = []
        connection.execute(_SETTINGS)
        connection.add_notice_handler(self._notice)

    def _notice(self, diagnostic: Diagnostic) -> None:
        if (diagnostic.message_primary or "").startswith(_TREE_MESSAGE):
            self._trees.append(diagnostic.message_detail or "")

    def describe(self, sql: str, parameter_types: Sequence[int] | None = None) -> Description:
        """Describes one statement with `$n` parameters.

        Args:
            sql: the statement.
            parameter_types: OIDs to impose, 0 where the server shall infer.

        Raises:
            Rejected: the server does not accept it.
        """
        return self._ask(sql, parameter_types)

    @contextmanager
    def without_trees(self) -> Iterator[Callable[[str], Description]]:
        """Gives a `describe` that asks for no trees, which take the server longer than the rest."""
        self._connection.execute("SET debug_print_rewritten = off")
        try:
            yield self._ask
        finally:
            self._connection.execute("SET debug_print_rewritten = on")

    def _ask(self, sql: str, parameter_types: Sequence[int] | None = None) -> Description:
        pgconn = self._connection.pgconn
        self._trees.clear()
        prepared = pgconn.prepare(b"", sql.encode(), parameter_types)
        if prepared.status != ExecStatus.COMMAND_OK:
            raise _rejected(prepared, sql)
        description = pgconn.describe_prepared(b"")
        if description.status != ExecStatus.COMMAND_OK:
            raise _rejected(description, sql)
        # A second statement in the text would have been refused; a rule can add trees.
        return Description(
            parameters=tuple(description.param_type(index) for index in range(description.nparams)),
            columns=tuple(
                ResultColumn((description.fname(index) or b"").decode(), description.ftype(index))
                for index in range(description.nfields)
            ),
            printed=tuple(self._trees),
        )


def _rejected(result: Any, sql: str) -> Rejected:
    def text(field: DiagnosticField) -> str | None:
        value = result.error_field(field)
        return value.decode("utf-8", errors="replace") if value else None

    message = text(DiagnosticField.MESSAGE_PRIMARY) or "the server gave no reason"
    position = text(DiagnosticField.STATEMENT_POSITION)
    return Rejected(
        sqlstate=text(DiagnosticField.SQLSTATE) or "",
        message=message,
        hint=text(DiagnosticField.MESSAGE_HINT),
        position=int(position) - 1 if position else _first_use(message, sql),
    )


def _first_use(message: str, sql: str) -> int | None:
    """Where the parameter stands of which the server speaks without saying where."""
    found = _PARAMETER.search(message)
    uses = [token.start for token in tokenize(sql) if found and token.text == found["number"]]
    return uses[0] if uses else None
