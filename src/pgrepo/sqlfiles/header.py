"""The `-- name: recent_sessions(user_id, limit)^` line that begins a query."""

from __future__ import annotations

import difflib
import enum
import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.source import Source


class Operation(enum.Enum):
    """What a query gives back; the value is aiosql's operator."""

    MANY = ""
    ONE = "^"
    VALUE = "$"
    AFFECTED = "!"
    RETURNING = "<!"
    BULK = "*!"


@dataclass(frozen=True, slots=True)
class Header:
    """A query's name line, read.

    Attributes:
        name: the name, dashes turned into underscores as aiosql does.
        operation: what the query gives back.
        parameters: the declared names with their places, or None without a list.
        name_span: where the name is, offsets in the source.
    """

    name: str
    operation: Operation
    parameters: tuple[Declared, ...] | None
    name_span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as the header names it."""

    name: str
    start: int
    end: int


HEADER_COMMENT = re.compile(r"--\s*name\s*:")
_ALMOST_HEADER = re.compile(
    r"--+\s*name\s*:\s*[\w-]+\s*(\([^()]*\)\s*(<!|\*!|[\^$!])?|<!|\*!|[\^$!])\s*", re.IGNORECASE
)
_NAME = re.compile(r"[\w-]*")
_LIST = re.compile(r"\s*\(([^()]*)\)")
_FORM = "write -- name: query_name(parameter, …) and one of the operators ^ $ ! <! *! or none"
_OPERATORS = {operation.value: operation for operation in Operation}
_MAY_OMIT_LIST = (Operation.BULK, Operation.RETURNING)


def is_header(token: Token) -> bool:
    """Whether a line comment begins a query, for aiosql and for us."""
    return HEADER_COMMENT.match(token.text) is not None


def is_almost_header(token: Token) -> bool:
    """Whether a line comment was surely meant as a header, though aiosql does not see it as one."""
    return not is_header(token) and _ALMOST_HEADER.fullmatch(token.text) is not None


def parse_header(source: Source, start: int, end: int) -> Header:
    """Reads the header comment between two offsets.

    Raises:
        SourceError: PGR102 malformed, PGR103 no parameter list, PGR104 a bad parameter list,
            PGR132 aiosql's script operator.
    """
    text = source.text[:end]
    opening = HEADER_COMMENT.match(text, start)
    assert opening is not None  # the caller asked is_header
    name_start = _skip_space(text, opening.end())
    found = _NAME.match(text, name_start)
    name_end = found.end() if found else name_start
    name = _read_name(source, name_start, name_end)
    listed = _LIST.match(text, name_end)
    declared = _read_list(source, name, listed) if listed else None
    at = _skip_space(text, listed.end() if listed else name_end)
    operation = _read_operation(source, name, at, end)
    if declared is None and operation not in _MAY_OMIT_LIST:
        raise source.error(
            "PGR103",
            f"{name} does not declare its parameters",
            name_start,
            name_end,
            help=f"write {name}(first, second), or {name}() for none; "
            "aiosql demands the list (mandatory_parameters)",
            query=name,
        )
    return Header(name, operation, declared, (name_start, name_end))


def identifier_problem(name: str) -> str | None:
    """Returns why a name cannot be a Python name in generated code, or None if it can."""
    if not name.isascii():
        return f"{name!r} has characters outside ASCII"
    if not name.isidentifier():
        return f"{name!r} is not a Python name"
    if keyword.iskeyword(name):
        return f"{name!r} is a Python keyword"
    return None


def nearest(name: str, choices: list[str]) -> str | None:
    """Returns the choice that a misspelt name was probably meant to be."""
    return next(iter(difflib.get_close_matches(name, choices, n=1)), None)


def _skip_space(text: str, offset: int) -> int:
    while offset < len(text) and text[offset].isspace():
        offset += 1
    return offset


def _read_name(source: Source, start: int, end: int) -> str:
    name = source.text[start:end].replace("-", "_")
    if not name:
        raise source.error("PGR102", "the header names no query", start, help=_FORM)
    problem = identifier_problem(name)
    if problem is not None:
        raise source.error(
            "PGR102",
            f"the query name {problem}",
            start,
            end,
            help="use ASCII letters, digits and _; the name becomes a Python method",
            query=name,
        )
    return name


def _read_list(source: Source, query: str, listed: re.Match[str]) -> tuple[Declared, ...]:
    if not listed[1].strip():
        return ()
    declared: list[Declared] = []
    offset = listed.start(1)
    for part in listed[1].split(","):
        name = part.strip().replace("-", "_")
        start = offset + len(part) - len(part.lstrip())
        end = max(start + len(name), start + 1)
        offset += len(part) + 1
        problem = parameter_problem(name)
        if problem is None and any(name == other.name for other in declared):
            problem = f"{name!r} is declared twice"
        if problem is not None:
            raise source.error(
                "PGR104" if name.isidentifier() else "PGR102",
                f"the parameter {problem}" if name else "a parameter is missing here",
                start,
                end,
                help="list each parameter once, by its name alone, separated by commas",
                query=query,
            )
        declared.append(Declared(name, start, end))
    return tuple(declared)


def parameter_problem(name: str) -> str | None:
    """Returns why a name cannot be a parameter of a generated method, or None if it can."""
    if name == "self":
        return "'self' is taken by the generated method"
    return identifier_problem(name)


def _read_operation(source: Source, query: str, start: int, end: int) -> Operation:
    operator = source.text[start:end].rstrip()
    if operator in _OPERATORS:
        return _OPERATORS[operator]
    if operator == "#":
        raise source.error(
            "PGR132",
            "scripts (operator #) are not supported",
            start,
            help="put DDL into a file of the sql directory; give other statements a query each",
            query=query,
        )
    unclosed = operator.startswith("(")
    raise source.error(
        "PGR102",
        "the parameter list does not end in this line"
        if unclosed
        else f"{operator!r} is not an operator of aiosql",
        start,
        start + len(operator),
        help=_FORM,
        query=query,
    )
