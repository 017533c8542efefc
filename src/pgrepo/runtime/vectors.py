"""pgvector's types: lists of floats, in single or half precision."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import msgspec

from pgrepo.runtime.checks import Unfit
from pgrepo.runtime.structures import Made

if TYPE_CHECKING:
    from psycopg.abc import AdaptContext

    from pgrepo.runtime.structures import Dump, Load

_head = struct.Struct("!HH")  # dimensions, unused
_sparse_head = struct.Struct("!iii")  # dimensions, how many are not zero, unused


class Dense(Made, msgspec.Struct, frozen=True):
    """vector (code "f") or halfvec (code "e"); of a number of dimensions, where one is named."""

    name: str
    code: str
    dimensions: int | None = None
    is_list = True

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes floats."""

        def write(value: Any) -> bytes:
            data = packed_floats(value, self.code)
            dimensions = len(data) // struct.calcsize(self.code)
            check_dimensions(dimensions, self.dimensions)
            if dimensions > 0xFFFF:
                raise Unfit("takes at most 65535 floats")
            return _head.pack(dimensions, 0) + data

        return write

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads floats."""
        return lambda data: read_dense(data, self.code)


def packed_floats(value: Any, code: str) -> bytes:
    """Writes floats one behind the other: those of a list, an array, a NumPy array.

    Raises:
        Unfit: they are no floats, or none of that precision.
    """
    if isinstance(value, str | bytes | bytearray | dict | set):
        raise Unfit("takes a sequence of floats")
    try:
        floats = list(value)
        return struct.pack(f"!{len(floats)}{code}", *floats)
    except OverflowError:
        precision = "half" if code == "e" else "single"
        raise Unfit(f"takes floats of {precision} precision's range") from None
    except (TypeError, struct.error):
        raise Unfit("takes a sequence of floats") from None


def check_dimensions(found: int, wanted: int | None) -> None:
    """Compares how many floats there are with how many there have to be.

    Raises:
        Unfit: it is another number.
    """
    if wanted is not None and found != wanted:
        raise Unfit(f"takes {wanted} floats, one for each dimension, and not {found}")


def read_dense(data: bytes, code: str) -> list[float]:
    """Reads a vector or a halfvec."""
    dimensions, _ = _head.unpack_from(data)
    return list(struct.unpack_from(f"!{dimensions}{code}", data, _head.size))


class Sparse(Made, msgspec.Struct, frozen=True):
    """sparsevec, which stores what is not zero; in Python all of it is there."""

    name: str = "sparsevec"
    dimensions: int | None = None
    is_list = True

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes floats."""

        def write(value: Any) -> bytes:
            packed = packed_floats(value, "f")
            floats = struct.unpack(f"!{len(packed) // 4}f", packed)
            check_dimensions(len(floats), self.dimensions)
            # What single precision rounds to zero counts as zero.
            indices = [index for index, item in enumerate(floats) if item != 0]
            count = len(indices)
            return _sparse_head.pack(len(floats), count, 0) + struct.pack(
                f"!{count}i{count}f", *indices, *(floats[index] for index in indices)
            )

        return write

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads floats."""
        return read_sparse


def read_sparse(data: bytes) -> list[float]:
    """Reads a sparsevec."""
    dimensions, count, _ = _sparse_head.unpack_from(data)
    numbers = struct.unpack_from(f"!{count}i{count}f", data, _sparse_head.size)
    floats = [0.0] * dimensions
    for index, value in zip(numbers[:count], numbers[count:], strict=True):
        floats[index] = value
    return floats
