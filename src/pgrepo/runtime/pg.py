"""PostgreSQL's types as generated statements name them.

A built-in type is its OID. A composite type is the dataclass made of it. The others have another
OID in every database, and are named by what they are made of:

    types=(20, Address, pg.array(Address), pg.domain(23), pg.range(701))
"""

from __future__ import annotations

import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pgrepo.runtime.structures import (
    Array,
    BuiltIn,
    Composite,
    MultirangeOf,
    RangeOf,
    Textual,
    WireType,
)
from pgrepo.runtime.vectors import Dense, Sparse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Named",
    "array",
    "composite",
    "domain",
    "halfvec",
    "halfvec_of",
    "multirange",
    "range",
    "sparsevec",
    "sparsevec_of",
    "text",
    "vector",
    "vector_of",
]

C = TypeVar("C", bound=type[Any])
Named: TypeAlias = int | type[Any] | WireType
"""A type as it is named here: an OID, a composite type's dataclass, or what is made of such."""

_ATTRIBUTE = "__pg_composite__"

text = Textual()
"""An enum, or another type whose binary form is its text, such as citext."""
vector = Dense("vector", "f")
halfvec = Dense("halfvec", "e")
sparsevec = Sparse()


def vector_of(dimensions: int) -> WireType:
    """A vector of so many dimensions; another one is refused before PostgreSQL is asked."""
    return Dense("vector", "f", dimensions)


def halfvec_of(dimensions: int) -> WireType:
    """A halfvec of so many dimensions."""
    return Dense("halfvec", "e", dimensions)


def sparsevec_of(dimensions: int) -> WireType:
    """A sparsevec of so many dimensions."""
    return Sparse(dimensions=dimensions)


def domain(base: int) -> WireType:
    """A domain over a built-in type."""
    return BuiltIn(base)


def array(element: Named) -> WireType:
    """An array of a type that is not built in; of a domain, name the domain's base."""
    return Array(wire_type(element))


def range(bound: Named) -> WireType:  # noqa: A001 - PostgreSQL's word, and behind `pg.`
    """A range type over another."""
    return RangeOf(wire_type(bound))


def multirange(bound: Named) -> WireType:
    """A multirange type, by the type of its bounds."""
    return MultirangeOf(wire_type(bound))


def composite(name: str, *parts: Named) -> Callable[[C], C]:
    """Makes a dataclass the Python side of a composite type.

    Args:
        name: the type's name, for messages.
        parts: the types of its fields, in order.
    """

    def register(made: C) -> C:
        if len(fields(made)) != len(parts):
            raise TypeError(f"{made.__name__} has not one field for each of {name}")
        setattr(made, _ATTRIBUTE, Composite(name, made, tuple(map(wire_type, parts))))
        return made

    return register


def wire_type(named: Named) -> WireType:
    """Returns how a type travels."""
    if isinstance(named, int):
        return BuiltIn(named)
    if isinstance(named, WireType):
        return named
    # Not inherited: a subclass may have other fields.
    found = vars(named).get(_ATTRIBUTE)
    if not isinstance(found, Composite):
        raise TypeError(f"{named.__name__} is not the class of a composite type")
    return found


# psycopg looks dumpers up by OID, and so these types need numbers like OIDs. No server's OIDs get
# so high, and these never leave the process.
_FIRST_NUMBER = 0xF000_0000
_numbers: dict[WireType, int] = {}
_types: dict[int, WireType] = {}
_lock = threading.Lock()


def number_of(named: Named) -> int:
    """Returns the number under which dumpers are looked up: a built-in type's is its OID."""
    if isinstance(named, int):
        return named
    found = wire_type(named)
    with _lock:
        number = _numbers.setdefault(found, _FIRST_NUMBER + len(_numbers))
        _types[number] = found
    return number


def type_of_number(number: int) -> WireType | None:
    """Returns the type that has a number; None if it is an OID."""
    return _types.get(number)
