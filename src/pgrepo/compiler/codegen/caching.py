"""What `@cache` and `@invalidates` come to: checked against each other, and written down."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeGuard

from pgrepo.compiler.model import JsonArray, JsonObject, TypeKind
from pgrepo.compiler.pytypes import RUNTIME, bare_name
from pgrepo.errors import SourceError
from pgrepo.sqlfiles.header import Operation, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrepo.compiler.codegen.methods import Method
    from pgrepo.compiler.model import Column, CompiledDomain, Parameter, PgType, Query
    from pgrepo.sqlfiles.caching import CacheAnnotation, InvalidatesAnnotation

# Two values of these are the same to Python exactly if they are to PostgreSQL.
_ENTITIES = frozenset({
    "smallint", "integer", "bigint", "oid", "boolean", "uuid", "text", "character varying",
    "bytea", "date",
})  # fmt: skip
_FAMILIES = dict.fromkeys(("smallint", "integer", "bigint", "oid"), "integer") | {
    "character varying": "text"
}
# What an answer may depend on, and consist of: a cache has to tell them apart, and to give the
# same back.
_PLAIN = _ENTITIES | {
    "real", "double precision", "numeric", "time without time zone",
    "timestamp without time zone", "timestamp with time zone", "interval",
}  # fmt: skip
_KEPT = _PLAIN | {"json", "jsonb", "character", "bpchar", "name", "citext"}


def caching_errors(domain: CompiledDomain) -> list[SourceError]:
    """Returns an error, PGR127, for each annotation about caching that cannot be followed."""
    queries = {query.name: query for module in domain.modules for query in module.queries}
    errors = []
    for query in queries.values():
        notes = query.source.annotations
        checks = [partial(_refuse_invalidates, query, item, queries) for item in notes.invalidates]
        if notes.cache is not None:
            checks.append(partial(_refuse_cache, query, notes.cache))
        for check in checks:
            try:
                check()
            except SourceError as error:
                errors.append(error)
    return errors


def _refuse_cache(query: Query, cache: CacheAnnotation) -> None:
    if not query.read_only:
        raise _error(
            query,
            cache.span,
            f"{query.name} writes or locks, and from a cache it would not",
            "remove @cache",
        )
    for parameter in query.parameters:
        if not _consists_of(parameter.pg_type, _PLAIN):
            raise _error(
                query,
                cache.span,
                f"answers to {query.name} cannot be told apart: :{parameter.name} is of type "
                f"{parameter.pg_type.name}",
                "remove @cache; parameters of a cached query are numbers, texts, times and such",
            )
    for column in query.columns:
        if not _can_be_kept(column):
            raise _error(
                query,
                cache.span,
                f"{column.name} is of type {column.pg_type.name}, and cannot be kept and given "
                "back as it was",
                "remove @cache, or cast it to text",
            )
    entity = dict(zip(cache.by, cache.by_spans, strict=True))
    for parameter in query.parameters:
        if parameter.name in entity:
            _refuse_entity(query, parameter, entity[parameter.name])


def _refuse_invalidates(
    query: Query, item: InvalidatesAnnotation, queries: Mapping[str, Query]
) -> None:
    cached = queries.get(item.query)
    if cached is None or (cache := cached.source.annotations.cache) is None:
        names = [name for name, other in queries.items() if other.source.annotations.cache]
        meant = nearest(item.query, names)
        raise _error(
            query,
            item.span,
            f"@invalidates {item.query}: "
            + ("there is no such query" if cached is None else "that query is not cached"),
            f"did you mean {meant}?" if meant else f"cached are {', '.join(names) or 'none'}",
        )
    if len(item.by) != len(cache.by):
        by = f"by {', '.join(cache.by)}" if cache.by else "without a by"
        raise _error(
            query,
            item.span,
            f"{item.query} is cached {by}, and this names {len(item.by) or 'nothing'}",
            f"name what has the value of {', '.join(cache.by)} here" if cache.by else "remove by",
        )
    parameters = {parameter.name: parameter for parameter in cached.parameters}
    for name, span, other in zip(item.by, item.by_spans, cache.by, strict=True):
        _refuse_other_type(query, _named(query, name, span), parameters[other], span)


def _named(query: Query, name: str, span: tuple[int, int]) -> Parameter | Column:
    """The parameter or column of a name; where both have it, the parameter."""
    columns = () if query.source.operation is Operation.AFFECTED else query.columns
    places: Sequence[Parameter | Column] = (*query.parameters, *columns)
    for place in places:
        if place.name == name:
            return place
    raise _error(
        query,
        span,
        f"{query.name} has no parameter and no column {name!r}",
        f"it has {', '.join(dict.fromkeys(place.name for place in places)) or 'neither'}",
    )


def _refuse_other_type(
    query: Query, place: Parameter | Column, other: Parameter, span: tuple[int, int]
) -> None:
    if _is_parameter(place):
        _refuse_entity(query, place, span)
    if _family(place.pg_type) != _family(other.pg_type):
        raise _error(
            query,
            span,
            f"{place.name} is of type {place.pg_type.name}, and the cached query's {other.name} "
            f"of type {other.pg_type.name}: they would never be found equal",
            f"make them one type, such as ::{_base(other.pg_type).name}",
        )


def _refuse_entity(query: Query, parameter: Parameter, span: tuple[int, int]) -> None:
    if parameter.optional:
        raise _error(
            query,
            span,
            f"{parameter.name} may be left out, and then nobody knows which entity is meant",
            "remove it here, or its @optional",
        )
    base = _base(parameter.pg_type)
    if base.kind is not TypeKind.ENUM and bare_name(base) not in _ENTITIES:
        raise _error(
            query,
            span,
            f"{parameter.name} is of type {parameter.pg_type.name}, of which equal values may "
            "look different",
            "use an id, a number or a text that never varies",
        )


def _can_be_kept(column: Column) -> bool:
    if isinstance(column.json, JsonObject | JsonArray) or column.annotated_type is not None:
        return True  # see Codec for types that a project brings along
    return _consists_of(column.pg_type, _KEPT)


def _consists_of(pg_type: PgType, names: frozenset[str]) -> bool:
    base = _base(pg_type)
    if base.kind is TypeKind.ARRAY and base.element is not None:
        return _consists_of(base.element, names)
    return base.kind is TypeKind.ENUM or bare_name(base) in names


def _base(pg_type: PgType) -> PgType:
    while pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        pg_type = pg_type.element
    return pg_type


def _family(pg_type: PgType) -> str:
    """What PostgreSQL and Python both find equal values in."""
    base = _base(pg_type)
    if base.kind is TypeKind.ENUM:
        return "text"
    return _FAMILIES.get(bare_name(base), bare_name(base))


def _is_parameter(place: Parameter | Column) -> TypeGuard[Parameter]:
    return hasattr(place, "number")


def _error(query: Query, span: tuple[int, int], message: str, help_text: str) -> SourceError:
    return query.source.source.error("PGR127", message, *span, help=help_text, query=query.name)


def caching_argument(method: Method) -> str | None:
    """The argument of the statement's constant; None for a query that has nothing to do with it.

    A value's place is its number from 0, among the `$n` or among the columns.
    """
    query, notes = method.query, method.query.source.annotations
    if notes.cache is not None:
        numbers = {parameter.name: parameter.number - 1 for parameter in query.parameters}
        by = _tuple([str(numbers[name]) for name in notes.cache.by])
        value = "" if method.result.row is not None else f", {_value(method)}"
        return f"caching=Cached({notes.cache.seconds}, {by}{value})"
    if not notes.invalidates:
        return None
    return f"caching={_tuple([_stale(query, item) for item in notes.invalidates])}"


def _stale(query: Query, item: InvalidatesAnnotation) -> str:
    parameters = {parameter.name: parameter.number - 1 for parameter in query.parameters}
    columns = {column.name: at for at, column in enumerate(query.columns)}
    # A negative place is a column's, so that parameters and columns can stand in any order.
    places = [parameters.get(name, -1 - columns.get(name, 0)) for name in item.by]
    return f'Stale("{item.query}", {_tuple([str(place) for place in places])})'


def caching_names(method: Method) -> set[tuple[str, str]]:
    """What the argument needs."""
    notes = method.query.source.annotations
    if notes.cache is not None:
        return {(RUNTIME, "Cached")}
    return {(RUNTIME, "Stale")} if notes.invalidates else set()


def _value(method: Method) -> str:
    assert method.result.value is not None
    return method.result.value.text


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
