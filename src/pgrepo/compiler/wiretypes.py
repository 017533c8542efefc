"""How generated statements name PostgreSQL's types, so that values can be sent and read.

See `pgrepo.runtime.pg`: a built-in type is its OID, a composite type its dataclass, and what is
made of others is named by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.model import TypeKind
from pgrepo.compiler.pytypes import (
    JSON_NAMES,
    RUNTIME,
    VECTORS,
    PyType,
    bare_name,
    has_python_type,
    python_type,
)

if TYPE_CHECKING:
    from pgrepo.compiler.model import PgType
    from pgrepo.compiler.pytypes import NameOf

_PG = (RUNTIME, "pg")
INFERRED = PyType("0")
"""Text whose type PostgreSQL infers."""


def wire_type(pg_type: PgType, name_of: NameOf | None = None) -> PyType:
    """How a type is named as a part of another."""
    if pg_type.is_builtin:
        return PyType(str(pg_type.oid))
    match pg_type.kind:
        case TypeKind.DOMAIN if pg_type.element is not None:
            return wire_type(pg_type.element, name_of)
        case TypeKind.ARRAY if pg_type.element is not None:
            return wire_type(pg_type.element, name_of).wrapped("pg.array({})", _PG)
        case TypeKind.RANGE if pg_type.element is not None:
            return wire_type(pg_type.element, name_of).wrapped("pg.range({})", _PG)
        case TypeKind.MULTIRANGE if pg_type.element is not None and pg_type.element.element:
            bound = wire_type(pg_type.element.element, name_of)
            return bound.wrapped("pg.multirange({})", _PG)
        case TypeKind.COMPOSITE:
            return python_type(pg_type, None, name_of)
        case TypeKind.BASE if bare_name(pg_type) in VECTORS:
            return PyType(f"pg.{bare_name(pg_type)}", frozenset({_PG}))
        case _:
            return PyType("pg.text", frozenset({_PG}))


def parameter_wire_type(
    pg_type: PgType, name_of: NameOf | None = None, dimensions: int | None = None
) -> PyType:
    """How the type of a parameter is named; of a vector, with the dimensions it has to have."""
    if dimensions is not None and bare_name(pg_type) in VECTORS:
        return PyType(f"pg.{bare_name(pg_type)}_of({dimensions})", frozenset({_PG}))
    if pg_type.is_builtin:
        return PyType(str(pg_type.oid))
    if not has_python_type(pg_type):
        return INFERRED
    named = wire_type(pg_type, name_of)
    if named.text == "pg.text":
        return INFERRED
    # A bare OID would say that the parameter has that very type.
    return named.wrapped("pg.domain({})", _PG) if named.text.isdigit() else named


def column_wire_type(pg_type: PgType, name_of: NameOf | None = None) -> PyType | None:
    """How the type of a result column is named, if its values are made of others.

    The server sends a domain's values as its base type's; of enums, vectors and arrays of enums
    the runtime finds out by itself what they are.
    """
    if pg_type.is_builtin or not has_python_type(pg_type) or _is_plain(pg_type):
        return None
    element = pg_type.element if pg_type.kind is TypeKind.ARRAY else None
    if element is not None and _is_plain(element):
        return None
    return wire_type(pg_type, name_of)


def _is_plain(pg_type: PgType) -> bool:
    return pg_type.kind in {TypeKind.ENUM, TypeKind.BASE}


def json_element(pg_type: PgType) -> PgType | None:
    """The type of the documents in a column of JSON, or of arrays of JSON; None for others."""
    inner = pg_type.element if pg_type.kind is TypeKind.ARRAY else pg_type
    return inner if inner is not None and inner.name in JSON_NAMES else None


def fits_copy(pg_type: PgType) -> bool:
    """Whether COPY, which is all binary, can take values of a type."""
    return pg_type.is_builtin or has_python_type(pg_type)
