"""What generated code knows about a query, and what it becomes once the SQL is loaded.

These are msgspec's structs and not dataclasses, as in `structures`: a process that imports pgrepo
makes a dozen such classes, and a dataclass takes some 0.4 ms, a struct some 0.02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, LiteralString, TypeVar

import msgspec

from pgrepo.runtime.pg import number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime.pg import Named
    from pgrepo.runtime.results import Decode
    from pgrepo.runtime.staged import Staged
    from pgrepo.sqlfiles.library import LoadedQuery
    from pgrepo.sqlfiles.variants import Variant

R = TypeVar("R")


class Cached(msgspec.Struct, frozen=True):
    """What `@cache` says of a query.

    Attributes:
        seconds: how old an answer may be.
        by: which of the values in $n order say which entity it is about, from 0.
        value: the type of the only column, where the query has no row class.
    """

    seconds: float
    by: tuple[int, ...]
    value: Any = None


class Stale(msgspec.Struct, frozen=True):
    """What `@invalidates` says of a query: whose answers it makes old.

    Attributes:
        query: the cached query.
        by: what says about which entity: which of the values in $n order, from 0; or which of
            the result's columns, from -1 down.
    """

    query: str
    by: tuple[int, ...]


class Statement(msgspec.Struct, Generic[R], frozen=True):
    """A named query as the generator found it. R is what one row becomes.

    Attributes:
        name: the query's name.
        fingerprint: of the SQL at generation, to notice an edit without `pgrepo generate`.
        types: the parameters' types in $n order, as `pg` names them: an OID where it is the
            same in every database; 0 for text whose type PostgreSQL infers (an enum).
        row: the row class; None where the query yields a bare value (then R is the value's
            type) or nothing. For a bulk statement, the class of the rows that go in.
        json: (column index, Python type) of every json and jsonb column; for an array of them,
            the type of one element.
        columns: (column index, type) of every column whose type is made of others: composites,
            their arrays, ranges over types of the user's, and so on.
        read_only: whether the query writes nothing.
        copy: for a bulk statement that is a plain insert, the COPY that does the same.
        staged: for another insert of one row, the SQL types of its parameters: it can be
            rewritten to insert many rows at once (see `sqlfiles.staging`).
        key: the indexes of the columns that a result's rows are found by (see `keyed`).
        caching: that its answers are kept, or what it makes old.
        primary: whether no replica may answer it.
    """

    name: str
    fingerprint: str
    types: tuple[Named, ...] = ()
    row: Callable[..., R] | None = None
    json: tuple[tuple[int, Any], ...] = ()
    columns: tuple[tuple[int, Named], ...] = ()
    read_only: bool = False
    copy: str | None = None
    staged: tuple[str, ...] = ()
    key: tuple[int, ...] = ()
    caching: Cached | tuple[Stale, ...] | None = None
    primary: bool = False


class Prepared(msgspec.Struct, frozen=True, eq=False):  # compared by identity, as a key of `fast`
    """A statement with its SQL: all that `wire` needs to run it.

    Attributes:
        label: "domain.query", as errors, pg_stat_activity and pg_stat_statements show it.
        sql: what is sent, headed by the label.
        copy: the COPY that is sent, likewise headed, or None.
        types: parameter type OIDs in $n order, or the numbers of types without one.
        parameters: their names, in the same order.
        decode: decodes the columns of rows that loaders cannot; None where there are none.
        made_of_others: the indexes of columns that are not JSON and that `decode` decodes.
        staged: what inserts many rows at once, where the statement can be rewritten so.
        read_only: whether it may be made again after its connection was lost.
        primary: whether no replica may answer it.
        cached: whether its answers are kept where there is a cache.
    """

    label: str
    sql: LiteralString
    copy: LiteralString | None
    types: tuple[int, ...]
    parameters: tuple[str, ...]
    decode: Decode | None
    made_of_others: tuple[int, ...] = ()
    staged: Staged | None = None
    read_only: bool = False
    primary: bool = False
    cached: bool = False


def prepare(
    domain: str,
    statement: Statement[Any],
    query: LoadedQuery,
    decode: Decode | None,
    variant: Variant | None = None,
) -> Prepared:
    """Joins what was generated with the SQL that was loaded, or with a variant of it."""
    label = f"{domain}.{query.name}"
    types, parameters = statement.types, query.positions
    if variant is not None:
        types = tuple(types[position] for position in variant.kept)
        parameters = tuple(parameters[position] for position in variant.kept)
    return Prepared(
        label=label,
        sql=tagged(label, query.sql if variant is None else variant.sql),
        copy=None if statement.copy is None else tagged(label, statement.copy),
        types=tuple(map(number_of, types)),
        parameters=parameters,
        decode=decode,
        made_of_others=tuple(index for index, _ in statement.columns),
        staged=_staged(label, statement, query.sql),
        read_only=statement.read_only,
        primary=statement.primary,
        cached=isinstance(statement.caching, Cached),
    )


def _staged(label: str, statement: Statement[Any], sql: str) -> Staged | None:
    if not statement.staged:
        return None
    # Imported here, for most domains have no such statement.
    from pgrepo.runtime.staged import Staged  # noqa: PLC0415
    from pgrepo.sqlfiles.staging import read_staging  # noqa: PLC0415

    staging = read_staging(sql, len(statement.staged))
    return None if staging is None else Staged(label, staging, statement.staged)


def tagged(label: str, sql: str) -> LiteralString:
    """Heads SQL with the label that pg_stat_activity and pg_stat_statements show."""
    return trusted_sql(f"/* {label} */ {sql}")


def trusted_sql(text: str) -> LiteralString:
    """Vouches for SQL that is made of hand-written files, generated names and numbers alone.

    psycopg asks for literal strings, lest values be pasted into SQL.
    """
    return text  # pyright: ignore[reportReturnType]
