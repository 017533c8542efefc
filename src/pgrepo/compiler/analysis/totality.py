"""Which calls always return a value for arguments that are not NULL: the allowlist of `total`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis import total
from pgrepo.compiler.analysis.facts import type_of
from pgrepo.compiler.analysis.nodes import constant_text
from pgrepo.compiler.model import TypeKind

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node

_JSONB = 3802


class Totality:
    """Reads the allowlist.

    Args:
        catalog: tells operators, functions and types by their OIDs.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def is_total_operator(self, node: Node, arguments: list[Node]) -> bool:
        """Whether an operator is never NULL on arguments like these, none of which is."""
        operator = self._catalog.operators.get(node.integer("opno"))
        if operator is None:
            return False
        types = [self._base_type(type_of(argument)) for argument in arguments]
        if not operator.builtin:
            names = {self._catalog.type(oid).name for oid in types if oid}
            of_vectors = any(name in {"vector", "halfvec", "sparsevec"} for name in names)
            return of_vectors and operator.name in total.VECTOR_OPERATORS
        if all(map(self._is_plain_type, types)):
            return operator.name in total.PLAIN_OPERATORS
        allowed = set(total.ANY_TYPE_OPERATORS)
        kinds = {self._catalog.type(oid).kind for oid in types if oid}
        if kinds & {TypeKind.ARRAY}:
            allowed |= total.ARRAY_OPERATORS
        if types and types[0] == _JSONB:
            allowed |= total.JSON_OPERATORS
        geometric = any(600 <= oid <= 604 or oid in {628, 718} for oid in types)
        return operator.name in allowed and not geometric

    def is_total_function(self, node: Node, name: str, arguments: list[Node]) -> bool:
        """The same of a built-in function."""
        if name in total.ANY_ARGUMENT_FUNCTIONS:
            return True
        types = [self._base_type(type_of(argument)) for argument in arguments]
        if not all(map(self._is_plain_type, types)):
            return False
        if name in {"date_part", "extract"}:
            return (constant_text(arguments[0]) or "").lower() in total.TIMELESS_FIELDS
        if name == "substring":
            return set(types[1:]) <= {23}
        if name == "to_timestamp":
            return len(arguments) == 1
        if name in {"time", "timetz"} and set(types) & {1114, 1184}:
            return False  # an infinite time stamp has no time of day
        is_cast = node.integer("funcformat") in {1, 2}
        return name in total.PLAIN_FUNCTIONS or (is_cast and name in total.CAST_FUNCTIONS)

    def is_plain(self, node: Node) -> bool:
        """Whether an expression's values have no parts that could be NULL or unbounded."""
        return self._is_plain_type(self._base_type(type_of(node)))

    def _is_plain_type(self, oid: int) -> bool:
        return oid in total.PLAIN_TYPES or (
            oid != 0 and self._catalog.type(oid).kind is TypeKind.ENUM
        )

    def _base_type(self, oid: int) -> int:
        while oid and (found := self._catalog.type(oid)).kind is TypeKind.DOMAIN:
            oid = found.element.oid if found.element else 0
        return oid
