"""Whether rows can be found by the columns that `@group_by` or `@key_by` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.sources import find_cte, visible_targets
from pgrepo.compiler.model import TypeKind
from pgrepo.compiler.pytypes import JSON_NAMES, VECTORS, bare_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope
    from pgrepo.compiler.model import Column, PgType
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.keys import KeyAnnotation
    from pgrepo.sqlfiles.queries import NamedQuery

_SELECT = 1  # of CmdType
_SUB_QUERY, _JOIN, _WITH, _GROUP = 1, 2, 6, 9  # of RTEKind
_UNHASHABLE = frozenset({TypeKind.ARRAY, TypeKind.COMPOSITE, TypeKind.MULTIRANGE})
# PostgreSQL tells 10:00+00 from 11:00+01 and a year from 365 days, and Python does not.
_OTHERWISE_EQUAL = frozenset({"time with time zone", "interval"})


def refuse_key(
    query: NamedQuery,
    columns: Sequence[Column],
    tree: Node | None,
    analyser: Analyser,
    naming: str = "",
) -> None:
    """Refuses a key that the rows of a statement cannot be found by.

    Args:
        query: the query.
        columns: those of its result.
        tree: its tree, if it has one.
        analyser: of the tree.
        naming: says which variant it is.

    Raises:
        SourceError: PGR122, PGR213 or PGR214.
    """
    key = query.annotations.key
    if key is None:
        return
    positions = [_position(query, key, at, columns) for at in range(len(key.names))]
    for at, position in enumerate(positions):
        _refuse_column(query, key, at, columns[position], naming)
    if key.word == "group_by":
        return
    named = ", ".join(key.names)
    comparable = all(_base(columns[at].pg_type).name not in _OTHERWISE_EQUAL for at in positions)
    if tree is None or not comparable or not Apartness(analyser).holds(tree, None, positions):
        raise query.source.error(
            "PGR214",
            f"two rows of {query.name} may have the same {named}, and one would be lost{naming}",
            *key.span,
            help=f"write -- @group_by {named} for lists of rows",
            query=query.name,
        )


def _position(query: NamedQuery, key: KeyAnnotation, at: int, columns: Sequence[Column]) -> int:
    names = [column.name for column in columns]
    if key.names[at] in names:
        return names.index(key.names[at])
    raise query.source.error(
        "PGR122",
        f"@{key.word} {key.names[at]} matches no column of {query.name}",
        *key.spans[at],
        help="its columns are " + (", ".join(names) or "none"),
        query=query.name,
    )


def _refuse_column(
    query: NamedQuery, key: KeyAnnotation, at: int, column: Column, naming: str
) -> None:
    def error(message: str, help: str) -> SourceError:
        span = key.spans[at]
        return query.source.error("PGR213", message, *span, help=help, query=query.name)

    base = _base(column.pg_type)
    if base.kind in _UNHASHABLE or base.name in JSON_NAMES or bare_name(base) in VECTORS:
        raise error(
            f"{column.name} is {column.pg_type.name}, which cannot be the key of a dictionary",
            "name a column of a scalar type, or cast this one, for instance with ::text",
        )
    if key.word == "key_by" and column.nullable:
        raise error(
            f"{column.name} can be NULL, and many rows can have that{naming}",
            f"write -- @group_by {column.name}, or leave them out: {column.name} IS NOT NULL",
        )


def _base(pg_type: PgType) -> PgType:
    if pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        return _base(pg_type.element)
    return pg_type


class Apartness:
    """Whether some columns of a result tell all its rows apart.

    Args:
        analyser: of the trees.
    """

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser

    def holds(self, query: Node, parent: Scope | None, positions: Collection[int]) -> bool:
        """Whether there is at most one row for each combination of values, none of them NULL.

        Args:
            query: a QUERY.
            parent: what it stands in.
            positions: of the columns, from 0.
        """
        if self._analyser.rows(query, parent).at_most_one:
            return True
        is_plain = (
            query.integer("commandType") == _SELECT
            and query.node("setOperations") is None
            and not query.flag("hasTargetSRFs")
            and not query.items("groupingSets")
        )
        if not is_plain:
            return False
        targets = visible_targets(query)
        chosen = [targets[position] for position in positions if position < len(targets)]
        return _is_grouped_by(query, chosen) or self._is_of_keys(query, parent, chosen)

    def _is_of_keys(self, query: Node, parent: Scope | None, chosen: list[Node]) -> bool:
        """Whether FROM and WHERE leave one row for each combination of values."""
        scope = self._analyser.scope(query, parent)
        given = {pair for target in chosen if (pair := _source(query, target["expr"])) is not None}
        alone = {
            index for index in {index for index, _ in given} if self._is_alone(scope, index, given)
        }
        return self._analyser.single_with(query, scope, frozenset(given), frozenset(alone))

    def _is_alone(self, scope: Scope, index: int, given: set[tuple[int, int]]) -> bool:
        """Whether a sub-query or CTE has one row for each combination of what is given of it."""
        entry = scope.source(index)
        positions = [attno - 1 for source, attno in given if source == index and attno > 0]
        if entry.integer("rtekind") == _SUB_QUERY and not entry.flag("lateral"):
            return self.holds(entry["subquery"], scope, positions)
        if entry.integer("rtekind") != _WITH:
            return False
        found = find_cte(scope, entry)
        if found is None or found[1].flag("cterecursive"):
            return False
        level, cte = found
        return self.holds(cte["ctequery"], level, positions)


def _is_grouped_by(query: Node, chosen: list[Node]) -> bool:
    """Whether GROUP BY or DISTINCT makes one row of each combination."""
    references = {target.integer("ressortgroupref") for target in chosen}
    for clauses in (query.items("groupClause"), query.items("distinctClause")):
        if clauses and all(item.integer("tleSortGroupRef") in references for item in clauses):
            return True
    return False


def _source(query: Node, expression: Node) -> tuple[int, int] | None:
    """The column of something in FROM that an expression is: its source and its number."""
    plain = strip_relabel(expression)
    while plain.tag == "VAR" and plain.integer("varlevelsup") == 0:
        varno, attno = plain.integer("varno"), plain.integer("varattno")
        entry = query.items("rtable")[varno - 1]
        behind = {_JOIN: "joinaliasvars", _GROUP: "groupexprs"}.get(entry.integer("rtekind"))
        if behind is None:
            return varno, attno
        plain = strip_relabel(entry.items(behind)[attno - 1])
    return None
