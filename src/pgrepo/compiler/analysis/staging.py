"""Whether an INSERT of one row can be rewritten to insert many at once (see `sqlfiles.staging`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.describe import Rejected
from pgrepo.compiler.analysis.parameters import named_columns, target_table
from pgrepo.compiler.model import TypeKind
from pgrepo.compiler.pytypes import bare_name
from pgrepo.compiler.wiretypes import fits_copy
from pgrepo.sqlfiles.staging import read_staging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.describe import Describer, Description
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.model import PgType

_INSERT = 3  # of CmdType
_ROWS = 2  # the least that makes several
_SHORT = {
    # These two alone would be of length 1.
    "character": "bpchar",
    "bit": '"bit"',
    "character varying": "varchar",
    "bit varying": "varbit",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
}


def staged_types(
    sql: str, description: Description, describer: Describer, catalog: Catalog
) -> tuple[str, ...]:
    """The SQL types of a statement's parameters, if it can be rewritten; else nothing.

    PostgreSQL is asked about the rewritten statement too: it must take the same parameters, and
    give the same columns of the same table a value.
    """
    [tree] = description.trees
    types = [catalog.type(oid) for oid in description.parameters]
    staging = read_staging(sql, len(types)) if types and _is_plain(tree, catalog) else None
    if staging is None or not all(map(fits_copy, types)):
        return ()
    names = tuple(_sql_name(pg_type, catalog) for pg_type in types)
    try:
        found = describer.describe(staging.from_values(names, _ROWS))
    except Rejected:
        return ()
    # VALUES lists of a domain are of its base type.
    wanted = [_base(pg_type) for pg_type in types] * _ROWS
    takes = [_base(catalog.type(oid)) for oid in found.parameters]
    same = takes == wanted and _does_the_same(tree, found.trees, staging.defaults)
    return names if same else ()


def _is_plain(tree: Node, catalog: Catalog) -> bool:
    relation = target_table(tree, catalog)
    return (
        tree.integer("commandType") == _INSERT
        and not tree.items("returningList")
        and relation is not None
        and relation.kind in {"r", "p"}
    )


def _does_the_same(one: Node, others: Sequence[Node], defaults: int) -> bool:
    """Whether a statement writes as another one does; so many columns get DEFAULT in the first."""
    if len(others) != 1:
        return False
    mine, its = named_columns(one), named_columns(others[0])
    return _essence(one) == _essence(others[0]) and its <= mine and len(mine - its) == defaults


def _essence(tree: Node) -> tuple[int, int, int | None]:
    conflict = tree.node("onConflict")
    relation = tree.items("rtable")[tree.integer("resultRelation") - 1].integer("relid")
    action = conflict.integer("action") if conflict is not None else None
    return tree.integer("commandType"), relation, action


def _base(pg_type: PgType) -> int:
    if pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        return _base(pg_type.element)
    return pg_type.oid


def _sql_name(pg_type: PgType, catalog: Catalog) -> str:
    """A type's name as it can be written whatever the search path is."""
    if pg_type.is_builtin:
        element = pg_type.name.removesuffix("[]")
        return _SHORT.get(element, element) + pg_type.name[len(element) :]
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None:
        return f"{_sql_name(pg_type.element, catalog)}[]"
    return ".".join(catalog.quote([pg_type.schema, bare_name(pg_type)]))
