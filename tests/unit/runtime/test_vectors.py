"""Vectors whose number of dimensions is known are counted before they are sent."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.adapt import Transformer

from pgrepo.runtime import pg
from pgrepo.runtime.checks import Unfit

if TYPE_CHECKING:
    from pgrepo.runtime.structures import WireType

KINDS = {"vector": pg.vector_of, "halfvec": pg.halfvec_of, "sparsevec": pg.sparsevec_of}


def write(wire_type: WireType, value: Any) -> Any:
    """Writes a value as that type."""
    return wire_type.dumper(Transformer())(value)


@pytest.mark.parametrize("name", KINDS)
def test_another_number_is_refused(name: str) -> None:
    """With both numbers in the message, whatever holds the floats, and none of these."""
    wire_type = KINDS[name](3)
    for value in ([1.5, 2.5], (1.5, 2.5), array("f", [1.5, 2.5])):
        with pytest.raises(Unfit, match=r"^takes 3 floats, one for each dimension, and not 2$"):
            write(wire_type, value)
    with pytest.raises(Unfit, match="and not 0"):
        write(wire_type, [])


@pytest.mark.parametrize("name", KINDS)
def test_the_right_number_is_written_as_without_counting(name: str) -> None:
    """The bytes are the same; only what is refused differs."""
    plain: WireType = getattr(pg, name)
    value = [1.0, 0.0, 0.5]
    assert write(KINDS[name](3), value) == write(plain, value)
    assert write(plain, [1.0]), "nobody said how many"


def test_types_of_different_dimensions_are_different_types() -> None:
    """Dumpers are looked up by these numbers."""
    numbers = {pg.number_of(made) for made in (pg.vector, pg.vector_of(2), pg.vector_of(3))}
    assert len(numbers) == 3
    assert pg.number_of(pg.vector_of(3)) == pg.number_of(pg.vector_of(3))
