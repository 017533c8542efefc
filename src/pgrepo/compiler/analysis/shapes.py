"""The shape of the JSON that a statement builds: keys, values, and what may be null inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.facts import ARRAY_SUBLINK, EXPR_SUBLINK, Fact, type_of
from pgrepo.compiler.analysis.nodes import constant_bytes, constant_text
from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar, JsonValue, TypeKind

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope

Shape = JsonObject | JsonArray

JSON, JSONB = 114, 3802
_OBJECT_BUILDERS = frozenset({"json_build_object", "jsonb_build_object"})
_ARRAY_BUILDERS = frozenset({"json_build_array", "jsonb_build_array"})
_ROW_WRITERS = frozenset({"to_json", "to_jsonb", "row_to_json"})
_AGGREGATES = frozenset({"json_agg", "jsonb_agg"})
_PASSING = frozenset({"RELABELTYPE", "COERCEVIAIO", "COERCETODOMAIN"})
_EMPTY_ARRAY = JsonArray(None)


class Shapes:
    """Reads shapes of expressions of type json and jsonb."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._catalog = analyser.catalog

    def of(self, node: Node, scope: Scope) -> Shape | None:
        """The shape of an expression's value where it is not NULL; None if it is not known.

        Columns carry their shape in their fact, so a VAR is not this function's business.
        """
        match node.tag:
            case "FUNCEXPR":
                return self._function(node, scope)
            case "AGGREF":
                return self._aggregate(node, scope)
            case "COALESCEEXPR" | "COALESCE" if type_of(node) in {JSON, JSONB}:
                return self._common(node.items("args"), scope)
            case "CASEEXPR" | "CASE" if type_of(node) in {JSON, JSONB}:
                arms = [arm["result"] for arm in node.items("args")]
                default = node.node("defresult")
                return self._common([*arms, *([default] if default else [])], scope)
            case "CONST" if type_of(node) in {JSON, JSONB} and _is_empty_array(node):
                return _EMPTY_ARRAY
            case "SUBLINK" if node.integer("subLinkType") == EXPR_SUBLINK:
                facts = self._analyser.result(node["subselect"], scope)
                return facts[0].json
            case tag if tag in _PASSING and type_of(node) in {JSON, JSONB}:
                inner: Node = node["arg"]
                return self.of(inner, scope) if type_of(inner) in {JSON, JSONB} else None
            case _:
                return None

    def _function(self, node: Node, scope: Scope) -> Shape | None:
        function = self._catalog.functions.get(node.integer("funcid"))
        if function is None or not function.builtin or node.get("funcvariadic") == "true":
            return None
        arguments = node.items("args")
        if function.name in _OBJECT_BUILDERS:
            return self._object(arguments, scope)
        if function.name in _ARRAY_BUILDERS:
            return _EMPTY_ARRAY if not arguments else self._array(arguments, scope)
        if function.name in _ROW_WRITERS and len(arguments) == 1:
            shape = self.value(arguments[0], scope).shape
            return None if isinstance(shape, JsonScalar) else shape
        return None

    def _object(self, arguments: list[Node], scope: Scope) -> JsonObject | None:
        if len(arguments) % 2:
            return None  # an error when it runs, and none before
        keys = [constant_text(_below_casts(key)) for key in arguments[::2]]
        names = [key for key in keys if key is not None]
        if len(names) != len(keys) or len(set(names)) != len(names):
            return None  # a computed key, or one that is there twice
        values = [self.value(item, scope) for item in arguments[1::2]]
        return JsonObject(tuple(zip(names, values, strict=True)))

    def _array(self, items: list[Node], scope: Scope) -> JsonArray | None:
        values = [self.value(item, scope) for item in items]
        if any(value.shape != values[0].shape for value in values):
            return None
        nullable = any(value.nullable for value in values)
        return JsonArray(JsonValue(values[0].shape, nullable))

    def _aggregate(self, node: Node, scope: Scope) -> JsonArray | None:
        function = self._catalog.functions.get(node.integer("aggfnoid"))
        if function is None or not function.builtin or function.name not in _AGGREGATES:
            return None
        # The filter speaks of this level's columns, also where the aggregate is an outer one's.
        inside = scope.assuming(self._analyser.strict.if_true(node.node("aggfilter")))
        arguments = [target["expr"] for target in node.items("args") if not target.flag("resjunk")]
        return JsonArray(self.value(arguments[0], inside))

    def _common(self, nodes: list[Node], scope: Scope) -> Shape | None:
        shapes = []
        for node in nodes:
            is_null = node.tag == "CONST" and node.flag("constisnull")
            if not is_null:
                shapes.append(self._analyser.fact(node, scope).json)
        found = [shape for shape in shapes if shape is not None and shape != _EMPTY_ARRAY]
        if None in shapes or len(set(found)) > 1:
            return None
        if not found:
            return _EMPTY_ARRAY if shapes else None
        if _EMPTY_ARRAY in shapes and not isinstance(found[0], JsonArray):
            return None
        return found[0]

    def value(self, node: Node, scope: Scope) -> JsonValue:
        """An expression's value as a part of a JSON document."""
        return self._from_fact(self._type(node), self._analyser.fact(node, scope))

    def _type(self, node: Node) -> int:
        if node.tag == "SUBLINK" and node.integer("subLinkType") == ARRAY_SUBLINK:
            return self._catalog.array_of(type_of(node["subselect"].items("targetList")[0]["expr"]))
        return type_of(node)

    def _from_fact(self, type_oid: int, fact: Fact) -> JsonValue:
        if fact.json is not None and type_oid in {JSON, JSONB}:
            return JsonValue(fact.json, fact.nullable)
        named = {member.name for member in fact.row or ()}
        if fact.row is not None and len(named) == len(fact.row):
            members = tuple(
                (member.name, self._from_fact(member.type_oid, member.fact)) for member in fact.row
            )
            return JsonValue(JsonObject(members), fact.nullable)
        pg_type = self._catalog.type(type_oid or JSONB)
        if pg_type.kind is TypeKind.PSEUDO:  # a row of unknown columns
            pg_type = self._catalog.type(JSONB)
        # A jsonb value may itself be JSON null, which no constraint on the column excludes.
        nullable = fact.nullable or pg_type.oid in {JSON, JSONB}
        return JsonValue(JsonScalar(pg_type, fact.origin), nullable)


def _below_casts(node: Node) -> Node:
    while node.tag in _PASSING:
        node = node["arg"]
    return node


def _is_empty_array(node: Node) -> bool:
    # jsonb keeps its own binary form: a header word that says "array, no elements".
    if type_of(node) == JSONB:
        data = constant_bytes(node)
        return data is not None and data[4:] == (0x40000000).to_bytes(4, "little")
    return (constant_text(node) or "").strip() == "[]"
