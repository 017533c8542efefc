"""What generated code knows about a query, and what it becomes once the SQL is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, LiteralString, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime.results import Rows
    from pgrepo.sqlfiles.library import LoadedQuery

R = TypeVar("R")


@dataclass(frozen=True)  # with slots, Statement[int](...) fails in Python 3.11
class Statement(Generic[R]):
    """A named query as the generator found it. R is what one row becomes.

    Attributes:
        name: the query's name.
        fingerprint: of the SQL at generation, to notice an edit without `pgrepo generate`.
        types: parameter type OIDs in $n order; 0 where the OID differs between databases (an
            enum, a vector) and PostgreSQL infers it.
        row: the row class; None where the query yields a bare value (then R is the value's
            type) or nothing. For a bulk statement, the class of the rows that go in.
        json: (column index, Python type) of every json and jsonb column; for an array of them,
            the type of one element.
        read_only: whether the query writes nothing.
        copy: for a bulk statement that is a plain insert, the COPY that does the same.
    """

    name: str
    fingerprint: str
    types: tuple[int, ...] = ()
    row: Callable[..., R] | None = None
    json: tuple[tuple[int, Any], ...] = ()
    read_only: bool = False
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with its SQL: all that `wire` needs to run it.

    Attributes:
        label: "domain.query", as errors, pg_stat_activity and pg_stat_statements show it.
        sql: what is sent, headed by the label.
        copy: the COPY that is sent, likewise headed, or None.
        types: parameter type OIDs in $n order.
        parameters: their names, in the same order.
        decode: turns the JSON columns of rows into Python values; None where there are none.
    """

    label: str
    sql: LiteralString
    copy: LiteralString | None
    types: tuple[int, ...]
    parameters: tuple[str, ...]
    decode: Callable[[Rows], Rows] | None = field(repr=False)


def prepare(
    domain: str,
    statement: Statement[Any],
    query: LoadedQuery,
    decode: Callable[[Rows], Rows] | None,
) -> Prepared:
    """Joins what was generated with the SQL that was loaded."""
    label = f"{domain}.{query.name}"
    return Prepared(
        label=label,
        sql=_tagged(label, query.sql),
        copy=None if statement.copy is None else _tagged(label, statement.copy),
        types=statement.types,
        parameters=query.positions,
        decode=decode,
    )


def _tagged(label: str, sql: str) -> LiteralString:
    return trusted_sql(f"/* {label} */ {sql}")


def trusted_sql(text: str) -> LiteralString:
    """Vouches for SQL that is made of hand-written files, generated names and numbers alone.

    psycopg asks for literal strings, lest values be pasted into SQL.
    """
    return text  # pyright: ignore[reportReturnType]
