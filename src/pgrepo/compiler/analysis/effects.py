"""What a statement does besides answering: does it write, lock, or call what may?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node

_SELECT = 1
# Volatile because they differ from call to call, not because they do anything.
_HARMLESS = frozenset({
    "random", "random_normal", "clock_timestamp", "timeofday", "statement_timestamp",
    "gen_random_uuid", "uuidv4", "uuidv7", "pg_typeof",
})  # fmt: skip
# Stable in the catalog, and yet they take a transaction id, which a replica cannot.
_NUMBERING = frozenset({"txid_current", "pg_current_xact_id"})
_FUNCTION_FIELDS = frozenset({"funcid", "opfuncid", "aggfnoid", "winfnoid"})


@dataclass(frozen=True, slots=True)
class Effects:
    """What a statement does.

    Attributes:
        read_only: it may run on a replica, and again after a lost connection.
        writes: it changes rows itself, not only through functions.
        tables: the tables it names, as schema.table, in alphabetical order.
    """

    read_only: bool
    writes: bool
    tables: tuple[str, ...]


def effects_of(query: Node, catalog: Catalog) -> Effects:
    """Reads the effects off an analysed tree."""
    nodes = list(query.walk())
    return Effects(
        read_only=all(_is_harmless(node, catalog) for node in nodes),
        writes=any(_is_write(node) for node in nodes),
        tables=tuple(sorted({name for node in nodes for name in _table(node, catalog)})),
    )


def _is_write(node: Node) -> bool:
    return node.tag == "QUERY" and node.integer("commandType") != _SELECT


def _is_harmless(node: Node, catalog: Catalog) -> bool:
    if node.tag == "QUERY":
        return not _is_write(node) and not node.items("rowMarks")
    if node.tag == "NEXTVALUEEXPR":
        return False
    for name in node.fields.keys() & _FUNCTION_FIELDS:
        oid = node.integer(name)
        function = catalog.functions.get(oid) if oid else None
        if function is not None and (function.volatile or function.name in _NUMBERING):
            return function.builtin and function.name in _HARMLESS
    return True


def _table(node: Node, catalog: Catalog) -> list[str]:
    if node.tag != "RANGETBLENTRY" or node.integer("relid") == 0:
        return []
    relation = catalog.relations.get(node.integer("relid"))
    return [f"{relation.schema}.{relation.name}"] if relation else []
