"""The model as plain data that JSON can hold, and back.

An object is written as `{"Column": [its fields in order]}`. Types are written once and referred to
by number, and those that a server makes itself lose their OIDs: every scratch database gives them
others, and nothing outside the analysis may depend on them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from enum import Enum
from typing import Any, TypeAlias

from pgrepo.compiler.model import (
    Cardinality,
    Column,
    ColumnOrigin,
    JsonArray,
    JsonObject,
    JsonScalar,
    JsonValue,
    Parameter,
    PgType,
    Table,
    TableColumn,
    TypeKind,
)

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"
"""What JSON can hold."""

_FIRST_OID = 10_000  # of those that are not built in
_CLASSES: dict[str, type[Any]] = {
    found.__name__: found
    for found in (
        Column, ColumnOrigin, JsonArray, JsonObject, JsonScalar, JsonValue, Parameter,
        Table, TableColumn,
    )
}  # fmt: skip
_ENUMS: dict[str, type[Enum]] = {found.__name__: found for found in (Cardinality, TypeKind)}
_TYPE = PgType.__name__


class Encoder:
    """Turns objects of the model into plain data.

    Attributes:
        types: the types that were met, in an order in which each one needs only earlier ones.
    """

    def __init__(self) -> None:
        self.types: list[Plain] = []
        self._numbers: dict[PgType, int] = {}

    def encode(self, value: object) -> Plain:
        """Encodes a value.

        Raises:
            TypeError: it is not of the model.
        """
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, tuple):
            return [self.encode(item) for item in value]
        name = type(value).__name__
        if isinstance(value, PgType):
            return {_TYPE: self._number(value)}
        if isinstance(value, Enum) and name in _ENUMS:
            return {name: value.value}
        if name in _CLASSES:
            return {name: [self.encode(item) for item in _values(value)]}
        raise TypeError(f"{name} is not of the model")

    def _number(self, pg_type: PgType) -> int:
        if pg_type not in self._numbers:
            encoded = [self.encode(item) for item in _values(_stable_type(pg_type))]
            self._numbers[pg_type] = len(self.types)
            self.types.append(encoded)
        return self._numbers[pg_type]


class Decoder:
    """Turns plain data into objects of the model.

    Args:
        types: what the encoder says of types.
    """

    def __init__(self, types: Any) -> None:
        self._types: list[PgType] = []
        for fields in types:
            self._types.append(PgType(*map(self.decode, fields)))

    def decode(self, data: Any) -> Any:
        """Decodes a value.

        Raises:
            ValueError, TypeError, LookupError: no encoder has written that.
        """
        if isinstance(data, list):
            return tuple(self.decode(item) for item in data)
        if not isinstance(data, dict):
            return data
        [(name, value)] = data.items()
        if name == _TYPE:
            return self._types[value]
        if name in _ENUMS:
            return _ENUMS[name](value)
        return _CLASSES[name](*map(self.decode, value))


def stable(value: Any) -> Any:
    """A value of the model as it comes back out of a cache."""
    encoder = Encoder()
    plain = encoder.encode(value)
    return Decoder(encoder.types).decode(plain)


def _stable_type(pg_type: PgType) -> PgType:
    """A type with an OID that is the same in every database, if its own is not."""
    if pg_type.is_builtin:
        return pg_type
    name = hashlib.sha256(f"{pg_type.schema}.{pg_type.name}".encode()).digest()
    return dataclasses.replace(pg_type, oid=_FIRST_OID + int.from_bytes(name[:4], "big"))


def _values(value: Any) -> list[object]:
    return [getattr(value, item.name) for item in dataclasses.fields(value)]
