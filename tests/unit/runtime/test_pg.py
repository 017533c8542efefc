"""Types as generated statements name them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pgrepo.runtime import pg
from pgrepo.runtime.pg import number_of, type_of_number, wire_type


@pg.composite("shop.pair", 23, pg.text)
@dataclass(slots=True)
class Pair:
    """A composite type."""

    number: int | None
    word: str | None


@dataclass(slots=True)
class Triple(Pair):
    """A class of its own, which no composite type has."""

    more: int


def test_names() -> None:
    """A type is named by what it is made of."""
    assert wire_type(23).name == "int4"
    assert wire_type(1007).name == "int4[]"
    assert wire_type(Pair).name == "shop.pair"
    assert pg.array(Pair).name == "shop.pair[]"
    assert pg.array(pg.domain(1184)).name == "timestamptz[]"


def test_numbers() -> None:
    """A built-in type's number is its OID; equal types have one number, far from any OID."""
    assert (number_of(0), number_of(23)) == (0, 23)
    assert type_of_number(23) is None
    number = number_of(pg.array(Pair))
    assert number == number_of(pg.array(Pair))
    assert number != number_of(pg.array(pg.text))
    assert number > 2**31
    assert type_of_number(number) == pg.array(Pair)
    assert number_of(pg.domain(23)) != 23


def test_another_number_of_fields() -> None:
    """A dataclass that does not have the fields of its type is refused as it is made."""
    with pytest.raises(TypeError, match=r"Pair has not one field for each of shop\.pair"):
        pg.composite("shop.pair", 23)(Pair)


@pytest.mark.parametrize("made", [Triple, int])
def test_no_composite(made: type) -> None:
    """A class that stands for no composite type cannot be named, nor can a subclass of one."""
    with pytest.raises(TypeError, match="is not the class of a composite type"):
        wire_type(made)
