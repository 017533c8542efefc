"""`@cache` and `@invalidates`: which answers are kept, and which writes make them old."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.header import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.header import Header
    from pgrepo.sqlfiles.source import Source

CACHE_FORM = "@cache 5min, or @cache 1h by user_id: a number with s, min, h or d, and parameters"
INVALIDATES_FORM = (
    "@invalidates user_profile, or @invalidates user_profile by user_id: a cached query, and "
    "parameters or columns of this one"
)

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_BY = r"(?:\s+by\s+(?P<by>\w+(?:\s*,\s*\w+)*))?\s*"
_CACHE = re.compile(rf"\s+(?P<name>(?P<number>[1-9]\d{{0,5}})\s*(?P<unit>s|min|h|d)){_BY}")
_INVALIDATES = re.compile(rf"\s+(?P<name>[A-Za-z_]\w*){_BY}")


@dataclass(frozen=True, slots=True)
class CacheAnnotation:
    """`@cache 1h by user_id`.

    Attributes:
        seconds: how old an answer may be.
        by: the parameters that say which entity it is about.
        span: where the time is.
        by_spans: where each parameter is.
    """

    seconds: int
    by: tuple[str, ...]
    span: tuple[int, int]
    by_spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class InvalidatesAnnotation:
    """`@invalidates user_profile by user_id`.

    Attributes:
        query: the cached query.
        by: parameters or columns of this one, which say which entity it changes.
        span: where the cached query's name is.
        by_spans: where each parameter or column is.
    """

    query: str
    by: tuple[str, ...]
    span: tuple[int, int]
    by_spans: tuple[tuple[int, int], ...]


def parse_cache(rest: str, at: int) -> CacheAnnotation | None:
    """Reads what stands after the word, at an offset of the file; None if it has another form."""
    found = _CACHE.fullmatch(rest)
    if found is None:
        return None
    seconds = int(found["number"]) * _SECONDS[found["unit"]]
    by, spans = _names(found, at)
    return CacheAnnotation(seconds, by, (at + found.start("name"), at + found.end("name")), spans)


def parse_invalidates(rest: str, at: int) -> InvalidatesAnnotation | None:
    """Likewise."""
    found = _INVALIDATES.fullmatch(rest)
    if found is None:
        return None
    by, spans = _names(found, at)
    span = at + found.start("name"), at + found.end("name")
    return InvalidatesAnnotation(found["name"], by, span, spans)


def _names(found: re.Match[str], at: int) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    if found["by"] is None:
        return (), ()
    start = at + found.start("by")
    names = list(re.finditer(r"\w+", found["by"]))
    spans = tuple((start + name.start(), start + name.end()) for name in names)
    return tuple(name[0] for name in names), spans


def caching_of_no_answers(
    source: Source,
    cache: CacheAnnotation | None,
    invalidates: Iterable[InvalidatesAnnotation],
    header: Header,
) -> list[SourceError]:
    """Returns an error for each of them that the query's operator leaves no use for."""
    wrong = []
    if cache is not None and header.operation not in _ANSWERS:
        wrong.append(("cache", cache.span))
    if header.operation is Operation.BULK:
        wrong += [("invalidates", item.span) for item in invalidates]
    why = {
        "cache": "it keeps what reads return",
        "invalidates": "it looks at the parameters of one call",
    }
    return [
        source.error(
            "PGR123",
            f"@{word} does not go with the operator of {header.name}: {why[word]}",
            *span,
            help=f"remove it, or the operator {header.operation.value}",
            query=header.name,
        )
        for word, span in wrong
    ]


_ANSWERS = frozenset({Operation.MANY, Operation.ONE, Operation.VALUE})
