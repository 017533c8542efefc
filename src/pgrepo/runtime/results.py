"""JSON columns of a result, decoded straight from PostgreSQL's bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from pgrepo.runtime.translate import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

Rows: TypeAlias = list[tuple[Any, ...]]

# The msgspec messages that speak of types and keys alone; others quote the value.
_SAFE = re.compile(
    r"Expected `[^`]*`, got `[^`]*`( - at `[^`]*`)?"
    r"|Object missing required field `[^`]*`( - at `[^`]*`)?"
)


def json_decoder(label: str, columns: tuple[tuple[int, Any], ...]) -> Callable[[Rows], Rows] | None:
    """Returns what decodes the JSON columns of a query's rows, or None if it has none."""
    if not columns:
        return None
    decoders = [(index, msgspec.json.Decoder(type_).decode) for index, type_ in columns]

    def decode(rows: Rows) -> Rows:
        decoded = []
        for row in rows:
            values = list(row)
            for index, decode_value in decoders:
                try:
                    values[index] = _decoded(values[index], decode_value)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise _unfit(label, index, error) from None
            decoded.append(tuple(values))
        return decoded

    return decode


def _decoded(raw: Any, decode: Callable[[Any], Any]) -> Any:
    """Decodes the bytes of one value, or of each element of an array of JSON."""
    if raw is None:
        return None
    if isinstance(raw, list):
        return [_decoded(element, decode) for element in raw]
    return decode(raw)


def _unfit(label: str, index: int, error: Exception) -> DataError:
    why = f": {error}" if _SAFE.fullmatch(str(error)) else ""
    return DataError(
        f"{label}: the JSON in column {index + 1} does not have the generated shape{why}. "
        "Change the data, or the type in the query's @column annotation",
        query=label,
    )
