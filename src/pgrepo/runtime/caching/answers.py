"""Names under which answers are kept, and rows as bytes."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from pgrepo.errors import UsageError
from pgrepo.runtime.decoders import making
from pgrepo.runtime.statement import Cached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared, Statement


def slot_name(label: str, entity: Sequence[object]) -> str:
    """Names the slot of an entity; its values cannot be read out of the name.

    Args:
        label: "domain.query".
        entity: what says which one it is.
    """
    return f"{label}:{_digest(list(map(_plain, entity)))}"


def way_name(query: Prepared, values: Sequence[object], setup: Sequence[str]) -> str:
    """Names a way to ask about an entity: by a statement, with these values, in that scope."""
    return _digest((query.sql, list(values), list(setup)))


def _plain(value: object) -> object:
    """Values that PostgreSQL takes for one as one: of an enum's member, its label."""
    match value:
        case bool():
            return value
        case int():
            return int(value)
        case str():
            return str.__str__(value)
        case bytearray() | memoryview():
            return bytes(value)
        case _:
            return value


def _digest(values: object) -> str:
    # repr() tells types apart, and None from 'None'; msgspec does not know all types.
    return hashlib.sha256(repr(values).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Codec:
    """Writes and reads the rows of one query.

    Args:
        label: "domain.query".
        row: its row class, a dataclass; None for a query of one bare column.
        value: the type of that column.

    Raises:
        UsageError: there is a type among its columns that msgspec does not know.
    """

    def __init__(self, label: str, row: Any, value: Any = None) -> None:
        types = list(get_type_hints(row).values()) if row is not None else [value]
        self._label = label
        self._encoder = msgspec.msgpack.Encoder()
        try:
            with making:
                self._decoder = msgspec.msgpack.Decoder(list[tuple[tuple(types)]])  # type: ignore[misc]
        except TypeError as error:
            raise self._not_kept(error) from error

    def write(self, rows: Rows) -> bytes:
        """Returns rows as bytes.

        Raises:
            UsageError: there is a value among them that msgspec does not know.
        """
        try:
            return self._encoder.encode(rows)
        except TypeError as error:
            raise self._not_kept(error) from error

    def read(self, answer: bytes) -> Rows | None:
        """Returns the rows; None where these are no rows of this query."""
        try:
            rows: Rows = self._decoder.decode(answer)
        except (msgspec.DecodeError, ValueError, TypeError):
            return None
        return rows

    def _not_kept(self, error: TypeError) -> UsageError:
        return UsageError(
            f"{self._label} cannot be cached: {error}; remove its @cache, or let the column be "
            "a dataclass or another type that msgspec knows"
        )


@cache
def codec_of(label: str, statement: Statement[Any]) -> Codec:
    """The codec of a cached query."""
    value = statement.caching.value if isinstance(statement.caching, Cached) else None
    return Codec(label, statement.row, value)
