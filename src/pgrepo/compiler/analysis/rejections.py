"""PostgreSQL's refusals in the words of the person who wrote the file: a code and a help line."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.describe import Rejected

_CODES = {
    "42601": "PGR201",  # syntax_error
    "42P01": "PGR202",  # undefined_table
    "3F000": "PGR202",  # invalid_schema_name
    "42703": "PGR203",  # undefined_column
    "42704": "PGR204",  # undefined_object: mostly a type
    "42883": "PGR205",  # undefined_function
    "42P18": "PGR206",  # indeterminate_datatype
    "42P08": "PGR206",  # ambiguous_parameter
    "42804": "PGR207",  # datatype_mismatch
    "42702": "PGR208",  # ambiguous_column
}
_OTHER = "PGR209"

_COLUMN = re.compile(r'column (?:"(?P<quoted>[^"]+)"|(?P<plain>\S+)) does not exist')
_OF_TABLE = re.compile(r'column "(?P<column>[^"]+)" of relation "(?P<table>[^"]+)"')
_TABLE = re.compile(r'relation "(?P<name>[^"]+)" does not exist')
_PARAMETER = re.compile(r"\$\d+")
_IN = re.compile(r"(?P<not>\bNOT\s+)?\bIN\s+\Z", re.IGNORECASE)
_TYPE = re.compile(r'type "(?P<name>[^"]+)" does not exist')
_ENUM = re.compile(r'invalid input value for enum (?P<name>\S+): "')


def explain(rejected: Rejected, catalog: Catalog | None, sql: str = "") -> tuple[str, str | None]:
    """The check's code and what to do about it.

    Args:
        rejected: PostgreSQL's answer.
        catalog: what there is, to suggest from; None where there is nothing to suggest.
        sql: the statement, to see which tables it speaks of.
    """
    code = _CODES.get(rejected.sqlstate, _OTHER)
    suggestion = _suggest(code, rejected.message, catalog, sql) if catalog is not None else None
    if code == "PGR201":
        suggestion = _array_suggestion(sql, rejected.position)
    return code, suggestion or rejected.hint or _general(code)


def _general(code: str) -> str | None:
    return {
        "PGR201": "PostgreSQL cannot read the statement from here on",
        "PGR206": "say what type it is where it stands, such as :name::text",
    }.get(code)


def _suggest(code: str, message: str, catalog: Catalog, sql: str) -> str | None:
    match code:
        case "PGR202":
            return _table_suggestion(message, catalog)
        case "PGR203":
            return _column_suggestion(message, catalog, sql)
        case "PGR204":
            return _type_suggestion(message, catalog)
        case "PGR209":
            return _enum_suggestion(message, catalog)
        case _:
            return None


def _array_suggestion(sql: str, position: int | None) -> str | None:
    """What to write for `IN :ids`, which other libraries make a list of."""
    found = _IN.search(sql[:position]) if position is not None else None
    parameter = _PARAMETER.match(sql, position or 0)
    if found is None or parameter is None:
        return None
    compared = "<> ALL" if found["not"] else "= ANY"
    return f"for any number of values write {compared}({parameter[0]}): they are one array"


def _table_suggestion(message: str, catalog: Catalog) -> str | None:
    found = _TABLE.search(message)
    if found is None:
        return None
    tables = [f"{relation.schema}.{relation.name}" for relation in catalog.relations.values()]
    name = found["name"]
    bare = name.rpartition(".")[2]
    same = [table for table in tables if table.rpartition(".")[2] == bare]
    close = same or difflib.get_close_matches(name, tables, n=1, cutoff=0.5)
    return f"there is {close[0]}" if close else "the schema's DDL files create no such table"


def _column_suggestion(message: str, catalog: Catalog, sql: str) -> str | None:
    of_table, plain = _OF_TABLE.search(message), _COLUMN.search(message)
    if of_table is not None:
        column, tables = of_table["column"], {of_table["table"]}
    elif plain is not None:
        owner, _, column = (plain["quoted"] or plain["plain"]).rpartition(".")
        tables = {_table_called(owner, sql)} if owner else set(re.findall(r"\w+", sql))
    else:
        return None
    owners = {
        candidate.name: relation.name
        for relation in catalog.relations.values()
        if relation.name in tables
        for candidate in relation.columns.values()
    }
    close = difflib.get_close_matches(column, owners, n=1, cutoff=0.5)
    return f"{owners[close[0]]} has {close[0]}" if close else None


def _table_called(alias: str, sql: str) -> str:
    """The table that a statement calls so, or else the name itself."""
    found = re.search(rf"(\w+)\s+(?:AS\s+)?{re.escape(alias)}\b", sql, re.IGNORECASE)
    is_key_word = found is not None and found[1].upper() in {"FROM", "JOIN", "UPDATE", "INTO", "AS"}
    return found[1] if found is not None and not is_key_word else alias


def _type_suggestion(message: str, catalog: Catalog) -> str | None:
    found = _TYPE.search(message)
    close = difflib.get_close_matches(found["name"], catalog.type_names(), n=1) if found else []
    return f"there is a type {close[0]}" if close else None


def _enum_suggestion(message: str, catalog: Catalog) -> str | None:
    found = _ENUM.match(message)
    labels = catalog.labels(found["name"]) if found else []
    return f"its values are {', '.join(labels)}" if labels else None
