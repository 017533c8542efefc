"""The classes of JSON that statements build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.row_class import Field, RowClass, field_doc
from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar
from pgrepo.compiler.names import attribute, class_name, singular
from pgrepo.compiler.pytypes import RUNTIME, PyType, domain_name, json_shape, json_type

if TYPE_CHECKING:
    from pgrepo.compiler.codegen.column_types import ColumnTypes
    from pgrepo.compiler.model import JsonValue


class Documents:
    """Types of JSON documents.

    Args:
        types: of the columns whose values they hold.
        prefix: the beginning of the classes' names.

    Attributes:
        classes: what they are made of, parts first.
    """

    def __init__(self, types: ColumnTypes, prefix: str) -> None:
        self._types = types
        self._prefix = prefix
        self.classes: dict[str, RowClass] = {}

    def type_of(self, shape: JsonObject | JsonArray | JsonScalar, name: str) -> PyType:
        """The type of a document in a column of that name."""
        return self._type(shape, self._prefix, name)

    def _type(self, shape: JsonObject | JsonArray | JsonScalar, prefix: str, name: str) -> PyType:
        match json_shape(shape) if isinstance(shape, JsonScalar) else shape:
            case JsonScalar(pg_type, origin):
                return json_type(pg_type, self._types.choices(origin), self._types.name_of)
            case JsonArray(None):
                return PyType("list[None]")
            case JsonArray(element) if element is not None:
                return self._value(element, prefix, singular(name)).wrapped("list[{}]")
            case JsonObject(members):
                return self._object(members, prefix, prefix + class_name(name))
            case unknown:
                raise AssertionError(unknown)

    def _value(self, value: JsonValue, prefix: str, name: str) -> PyType:
        typed = self._type(value.shape, prefix, name)
        return typed.optional() if value.nullable else typed

    def _object(self, members: tuple[tuple[str, JsonValue], ...], owner: str, name: str) -> PyType:
        if any(attribute(key) != key for key, _ in members):
            # A dataclass cannot have such a field; the keys are all that is lost.
            return PyType("dict[str, JSON]", frozenset({(RUNTIME, "JSON")}))
        fields = tuple(
            Field(key, self._value(value, name, key), self._doc(value)) for key, value in members
        )
        self.classes[name] = RowClass(name, f"An object in the JSON of {owner}.", fields)
        return PyType(name)

    def _doc(self, value: JsonValue) -> str | None:
        if not isinstance(value.shape, JsonScalar):
            return None
        column = self._types.table_column(value.shape.origin)
        comment = column.comment if column is not None else None
        return field_doc(comment, domain_name(value.shape.pg_type))
