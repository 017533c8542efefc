"""Parameters: wrapped for `dumpers`, and blamed by position when one cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.runtime.checks import Unfit
from pgrepo.runtime.dumpers import Typed, copy_dumper, dumper_for
from pgrepo.runtime.pg import type_of_number
from pgrepo.runtime.translate import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.abc import AdaptContext

    from pgrepo.runtime.statement import Prepared


def typed(query: Prepared, values: Sequence[object]) -> list[Typed]:
    """Wraps the values of a call with the types that the statement names."""
    return [Typed(oid, value) for oid, value in zip(query.types, values, strict=True)]


def find_unfit(
    query: Prepared,
    values: Sequence[object],
    context: AdaptContext,
    *,
    row: int | None = None,
    copy: bool = False,
) -> DataError | None:
    """Returns the error for the first value that cannot be sent, if there is one.

    Called when sending failed before PostgreSQL was asked. The message names the query and the
    position; never the value.

    Args:
        query: the query that was called.
        values: what it was called with.
        context: the cursor that tried.
        row: the number of the row in a bulk call.
        copy: whether the row went into a binary COPY.
    """
    for position, (oid, value) in enumerate(zip(query.types, values, strict=True), start=1):
        if value is None:
            continue
        try:
            (copy_dumper(oid, context) if copy else dumper_for(oid, context)).dump(value)
        except Unfit as unfit:
            why = str(unfit)
        except Exception:  # noqa: BLE001 - whatever a dumper trips over, the value is at fault
            why = "cannot take this value"
        else:
            continue
        where = "" if row is None else f"row {row}, "
        return DataError(
            f"{query.label}: {where}parameter ${position} ({query.parameters[position - 1]}): "
            f"{_type_name(oid, context)} {why}; got {type(value).__name__}",
            query=query.label,
        )
    return None


def _type_name(oid: int, context: AdaptContext) -> str:
    if (made := type_of_number(oid)) is not None:
        return made.name
    if (info := context.adapters.types.get(oid)) is None:
        return "this type"
    return f"{info.name}[]" if oid == info.array_oid else info.name
