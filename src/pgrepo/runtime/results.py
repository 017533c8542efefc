"""Columns that a statement decodes itself, and what is said of those that cannot be decoded.

JSON is decoded straight from PostgreSQL's bytes into the generated type; a value of a type that is
made of others (see `pg`) into what the generated code names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from psycopg.adapt import Transformer
from psycopg.pq import Format

from pgrepo.errors import PgrepoError, StaleCodeError
from pgrepo.runtime.adapters import decoding_context
from pgrepo.runtime.decoders import decoder_of
from pgrepo.runtime.pg import wire_type
from pgrepo.runtime.scalars import Unreadable
from pgrepo.runtime.structures import TypeChanged
from pgrepo.runtime.translate import DataError
from pgrepo.runtime.wording import misfit

if TYPE_CHECKING:
    from psycopg import BaseConnection
    from psycopg.abc import AdaptContext
    from psycopg.pq.abc import PGresult

    from pgrepo.runtime.statement import Statement

Rows: TypeAlias = list[tuple[Any, ...]]
Decode: TypeAlias = "Callable[[Rows, BaseConnection[Any] | None], Rows]"
_Load: TypeAlias = Callable[[Any], Any]

# What PostgreSQL writes into JSON for these cannot be a number or a date.
_SPECIAL = r"Expected `[^`]*float[^`]*`, got `str`|Invalid RFC3339"


def row_decoder(label: str, statement: Statement[Any]) -> Decode | None:
    """Returns what decodes rows where the loaders alone cannot, or None if they can."""
    if not statement.json and not statement.columns:
        return None
    names = _column_names(statement)
    documents = [
        (index, _document_decoder(_place(label, names, index), type_))
        for index, type_ in statement.json
    ]
    made = [(index, wire_type(named)) for index, named in statement.columns]

    def decode(rows: Rows, connection: BaseConnection[Any] | None) -> Rows:
        loads: list[tuple[int, _Load]] = documents
        if made and rows:
            assert connection is not None
            context = decoding_context(connection)
            loads = documents + [
                (index, _guarded(label, _place(label, names, index), type_.loader(context)))
                for index, type_ in made
            ]
        decoded = []
        for row in rows:
            values = list(row)
            for index, load in loads:
                if values[index] is not None:
                    values[index] = load(values[index])
            decoded.append(tuple(values))
        return decoded

    return decode


def _column_names(statement: Statement[Any]) -> list[str]:
    row: Any = statement.row
    return [field.name for field in fields(row)] if is_dataclass(row) else []


def _place(label: str, names: list[str], index: int) -> str:
    return f"{label}: column {names[index] if index < len(names) else index + 1}"


def _document_decoder(place: str, type_: Any) -> _Load:
    # A Document keeps more than msgspec would.
    decode = getattr(type_, "__from_json__", None) or decoder_of(type_).decode

    def load(raw: Any) -> Any:
        if isinstance(raw, list):  # an array of JSON
            return [None if element is None else load(element) for element in raw]
        try:
            return decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _unfit(place, error) from None

    return load


def _unfit(place: str, error: Exception) -> DataError:
    why = misfit(error)
    hint = (
        " (PostgreSQL writes NaN, infinity and years beyond 9999 into JSON as text of their own)"
        if re.search(_SPECIAL, why)
        else ""
    )
    return DataError(
        f"{place}: its JSON does not have the generated shape{why}{hint}. "
        "Change the data, or the type in the query's @column annotation",
        query=place.partition(":")[0],
    )


def _guarded(label: str, place: str, load: _Load) -> _Load:
    def guarded(data: Any) -> Any:
        try:
            return load(data)
        except PgrepoError:
            raise
        except TypeChanged as change:
            raise StaleCodeError(
                f"{place}: {change}, when the code was generated: run `pgrepo generate`"
            ) from None
        except Exception as error:  # noqa: BLE001 - whatever a part's loader trips over
            raise _unreadable(label, place, error) from None

    return guarded


def find_unreadable(label: str, result: PGresult, context: AdaptContext) -> DataError | None:
    """Returns the error for the first value of a result that has no Python value.

    Called when psycopg failed to make rows of it; its own message names no column.
    """
    transformer = Transformer(context)
    for column in range(result.nfields):
        load = transformer.get_loader(result.ftype(column), Format(result.fformat(column))).load
        for row in range(result.ntuples):
            value = result.get_value(row, column)
            try:
                if value is not None:
                    load(value)
            except PgrepoError:
                return None
            except Exception as error:  # noqa: BLE001 - whatever a loader trips over
                name = (result.fname(column) or b"").decode(errors="replace")
                return _unreadable(label, f"{label}: column {name}", error)
    return None


def _unreadable(label: str, place: str, error: Exception) -> DataError:
    what = (
        str(error)
        if isinstance(error, Unreadable)
        else "a value that its Python type cannot hold, such as an infinite date, a year outside "
        "1 to 9999, or the time 24:00"
    )
    return DataError(f"{place} holds {what}. Cast it in the query, such as to text", query=label)
