"""What a query must keep to, whoever reads it: one statement, its parameters declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.header import nearest, parameter_problem
from pgrepo.sqlfiles.lexer import TokenKind, significant, split_statements

if TYPE_CHECKING:
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.header import Header
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.sections import Section
    from pgrepo.sqlfiles.source import Source


_NEEDS_A_NAME = re.compile(r"--\s*(?P<word>@optional|@order_by)\b")


def check_query(source: Source, section: Section, header: Header) -> list[SourceError]:
    """Returns what is wrong with a named query: PGR104, PGR130, PGR131."""
    place = section.header.start if section.header else section.start
    errors = _check_statements(source, section.body, header.name, place)
    for token in section.body:
        if token.kind is TokenKind.POSITIONAL:
            errors.append(
                source.error(
                    "PGR104",
                    f"{token.text} in a query that has named parameters",
                    token.start,
                    token.end,
                    help="write :name and declare the name in the header",
                    query=header.name,
                )
            )
    if not errors:
        errors += _check_used(source, section.body, header)
        errors += _check_declared(source, section.body, header)
    return errors


def check_plain(source: Source, tokens: list[Token], query: str) -> list[SourceError]:
    """Returns what is wrong with a plain statement: PGR104, PGR122, PGR130, PGR131."""
    errors = _check_statements(source, tokens, query, 0)
    numbers = set()
    for token in tokens:
        if token.kind is TokenKind.PARAMETER:
            errors.append(
                source.error(
                    "PGR104",
                    f"{token.text} in a file without a '-- name:' line",
                    token.start,
                    token.end,
                    help="write $1, or begin the query with -- name: query_name(parameter, …)",
                    query=query,
                )
            )
        elif token.kind is TokenKind.POSITIONAL:
            numbers.add(int(token.text[1:]))
        elif token.is_comment and (found := _NEEDS_A_NAME.match(token.text)):
            errors.append(
                source.error(
                    "PGR122",
                    f"{found['word']} works in named queries only",
                    token.start + found.start("word"),
                    token.start + found.end("word"),
                    help="begin the query with -- name: query_name(parameter, …)",
                    query=query,
                )
            )
    return errors + _check_numbers(source, tokens, numbers, query)


def _check_numbers(
    source: Source, tokens: list[Token], numbers: set[int], query: str
) -> list[SourceError]:
    """Demands $1 to $n without a gap: PostgreSQL cannot tell the type of one that is not used."""
    highest = max(numbers, default=0)
    if 0 not in numbers and len(numbers) == highest:
        return []
    wrong = 0 if 0 in numbers else highest
    token = next(t for t in tokens if t.text == f"${wrong}")
    missing = next((n for n in range(1, highest) if n not in numbers), 1)
    return [
        source.error(
            "PGR104",
            f"{token.text} is used, but not ${missing}" if wrong else "parameters begin with $1",
            token.start,
            token.end,
            help="number the parameters from $1 on, leaving none out",
            query=query,
        )
    ]


def _check_statements(
    source: Source, tokens: list[Token], query: str, place: int
) -> list[SourceError]:
    statements = split_statements(tokens)
    if not statements:
        return [
            source.error(
                "PGR131",
                f"{query} holds no SQL",
                place,
                help="write one statement below its comment",
                query=query,
            )
        ]
    if len(statements) > 1:
        second = statements[1][0]
        return [
            source.error(
                "PGR130",
                f"{query} holds {len(statements)} statements",
                second.start,
                second.end,
                help="give each statement its own '-- name:', or join them with WITH",
                query=query,
            )
        ]
    return []


def _check_used(source: Source, body: list[Token], header: Header) -> list[SourceError]:
    """Demands that the parameters in the SQL are declared, and can be Python names."""
    declared = None if header.parameters is None else [p.name for p in header.parameters]
    errors = []
    seen: set[str] = set()
    for token in significant(body):
        name = token.text[1:]
        if token.kind is not TokenKind.PARAMETER or name in seen:
            continue
        seen.add(name)
        problem = parameter_problem(name)
        advice = "rename the parameter"
        if problem is None and declared is not None and name not in declared:
            problem = f"{name!r} is not declared"
            advice = _declaration_advice(source, token, header, declared)
        if problem is not None:
            errors.append(
                source.error(
                    "PGR104",
                    f"the parameter {problem}",
                    token.start,
                    token.end,
                    help=advice,
                    query=header.name,
                )
            )
    return errors


def _declaration_advice(source: Source, token: Token, header: Header, declared: list[str]) -> str:
    name = token.text[1:]
    if source.text[: token.start].rstrip().endswith("["):
        return f"declare it, or write [ : {name}] if this is an array slice"
    meant = nearest(name, declared)
    if meant:
        return f"did you mean :{meant}?"
    return f"write {header.name}({', '.join([*declared, name])})"


def _check_declared(source: Source, body: list[Token], header: Header) -> list[SourceError]:
    used = {token.text[1:] for token in body if token.kind is TokenKind.PARAMETER}
    return [
        source.error(
            "PGR104",
            f"the parameter {declared.name!r} is declared but not used",
            declared.start,
            declared.end,
            help=f"use it as :{declared.name}, or take it out of the list",
            query=header.name,
        )
        for declared in header.parameters or ()
        if declared.name not in used
    ]
