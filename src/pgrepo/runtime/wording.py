"""What went wrong in PostgreSQL, said without the values that were sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    from psycopg.errors import Diagnostic

STALE_VERSION = "PR001"
"""The SQLSTATE by which SQL says that another version is current than the expected one."""

_MEETS_ITSELF = "ExecOnConflictUpdate"
"""Where PostgreSQL finds a row for ON CONFLICT DO UPDATE that the statement itself has made."""

_NO_PARTITION = "ExecFindPartition"
"""Where PostgreSQL looks for the partition that takes a row."""

# Patterns are compiled when an error first needs them: an import should be quick.
_QUOTED = r'"[^"]*"?|\'[^\']*\'?|«[^»]*»?|„[^“]*“?'
_QUOTATIONS = r"(?s)[\"'«„].*[\"'»“]|[\"'«„].*"

# Messages whose head names a type, and whose value comes after it. Only the head is kept.
_TYPE_NAMED = (
    r"(?s)(?P<head>invalid input syntax for type [a-z ]+?|invalid input value for enum [\w.]+)(:|$)"
    r"|(?P<tail>(value )?too long for type [a-z ]+\(\d+\))$"
    r'|value ".*" is (?P<range>out of range for type [a-z ]+)$'
)

# The msgspec messages that speak of types and keys alone; others quote the value.
_MISFIT = (
    r"(?:Expected `[^`]*`, got `[^`]*`"
    r"|Object missing required field `[^`]*`"
    r"|Invalid (?:RFC3339|ISO8601|UUID|base64)[^`]*?"
    r"|Number out of range)"
    r"(?: - at `[^`]*`)?"
)


def describe(error: psycopg.Error, sql: str = "") -> str:
    """Returns one line on the error, without a parameter value.

    What PostgreSQL says about data (class 22), about constraints (class 23) and what functions
    raise is put in other words. Elsewhere its own words stand, but what they quote stays only if
    the error's own fields or the statement's text have it: `relation "x" does not exist` may
    quote a value that was cast to regclass.
    """
    diag = error.diag
    if diag.sqlstate is None:
        return str(error)  # psycopg's or libpq's own words: about the connection or the API
    state = diag.sqlstate
    if state == STALE_VERSION:
        return _stale_version(diag)
    if state == "21000" and diag.source_function == _MEETS_ITSELF:
        return f"two rows of one call have the same key: send one row for each key ({state})"
    if diag.source_function == "exec_stmt_raise":
        return f"a function raised an exception ({state}); its text is in .diag.message_primary"
    if state == "23514" and diag.source_function == _NO_PARTITION:
        return _no_partition(diag)
    if state.startswith("22"):
        return _data_exception(error, diag)
    if state.startswith("23") and (diag.constraint_name or diag.column_name):
        return _integrity(diag, state)
    return _without_quotations(diag, sql)


def current_version(diag: Diagnostic) -> int | None:
    """Returns the version that a StaleVersion tells in its detail."""
    detail = (diag.message_detail or "").strip()
    return int(detail) if re.fullmatch(r"-?[0-9]{1,19}", detail) else None


def _stale_version(diag: Diagnostic) -> str:
    version = current_version(diag)
    which = "" if version is None else f", which is {version}"
    return f"the expected version is not the current one{which}: read that, and try again"


def misfit(error: Exception) -> str:
    """Returns ": why" a JSON document does not fit its type, "" where msgspec quotes a value."""
    text = str(error)
    return f": {text}" if re.fullmatch(_MISFIT, text) else ""


def _data_exception(error: psycopg.Error, diag: Diagnostic) -> str:
    """Words an error of class 22, whose messages quote values, sometimes without quotes."""
    # English messages alone are looked into; any other language gets the condition's name.
    if found := re.match(_TYPE_NAMED, diag.message_primary or ""):
        what = found["head"] or found["tail"] or f"a value is {found['range']}"
    else:
        what = "bad value: " + _condition(type(error).__name__)
    return f"{what} ({diag.sqlstate})"


def _condition(class_name: str) -> str:
    """Turns NumericValueOutOfRange into "numeric value out of range"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", class_name).lower()


def _integrity(diag: Diagnostic, state: str) -> str:
    table = f"{diag.schema_name}.{diag.table_name}" if diag.table_name else "the table"
    constraint = f'"{diag.constraint_name}"' if diag.constraint_name else "a constraint"
    match state:
        case "23502":
            return f'{table}: column "{diag.column_name}" must not be NULL'
        case "23503":
            return f"{table}: foreign key constraint {constraint} is violated"
        case "23505":
            return f"{table}: unique constraint {constraint} is violated: the key exists"
        case "23514":
            return f"{table}: check constraint {constraint} is violated"
        case "23P01":
            return f"{table}: exclusion constraint {constraint} is violated"
    return f"{table}: {constraint} is violated ({state})"


def _no_partition(diag: Diagnostic) -> str:
    table = f"{diag.schema_name}.{diag.table_name}"
    return (
        f"{table}: no partition takes the row: make those of the months to come with "
        f"`pgrepo partitions ensure {diag.schema_name}` ({diag.sqlstate})"
    )


def _without_quotations(diag: Diagnostic, sql: str) -> str:
    primary = diag.message_primary or "PostgreSQL reported an error"
    named = (
        diag.schema_name,
        diag.table_name,
        diag.column_name,
        diag.constraint_name,
        diag.datatype_name,
    )
    quoted = [match[0][1:-1] for match in re.finditer(_QUOTED, primary)]
    if not all(text in named or (text and text in sql) for text in quoted):
        # From the first quote to the last, as a value may itself hold quotes.
        primary = re.sub(_QUOTATIONS, "…", primary)
    return f"{primary} ({diag.sqlstate})"
