"""Defaults of parameters, compared with the types that generated signatures give them.

A signature such as `limit: int = "ten"` would be refused by a type checker, in a file that nobody
may edit. So the annotation is refused, which is where the mistake is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.column_types import query_error

if TYPE_CHECKING:
    from pgrepo.compiler.model import Parameter, Query
    from pgrepo.compiler.pytypes import PyType
    from pgrepo.errors import SourceError

_EXACTLY = {"bool": (bool,), "int": (int,), "float": (float, int), "str": (str,), "bytes": (bytes,)}
# Of these no value can be written as a literal.
_WITHOUT_LITERALS = frozenset({"datetime", "decimal", "ipaddress", "uuid"})
_SEQUENCES = frozenset({"Sequence", "tuple", "Iterable", "Collection"})


def refuse_default(query: Query, parameter: Parameter, typed: PyType) -> None:
    """Refuses a default that cannot stand in a signature.

    Args:
        query: the query.
        parameter: its parameter.
        typed: the parameter's type in the signature.

    Raises:
        SourceError: PGR121.
    """
    if parameter.default is None:
        return
    value = ast.literal_eval(parameter.default)
    if isinstance(value, list | dict | set):
        raise query_error(
            query,
            "PGR121",
            f"the default of {parameter.name} is a {type(value).__name__}, which all calls would "
            "share",
            f"leave @param {parameter.name} without a default, or make it a tuple",
        )
    if not fits(value, typed):
        raise _unfit(query, parameter, typed)


def fits(value: object, typed: PyType) -> bool:
    """Whether a literal may be of a type."""
    return _fits(value, ast.parse(typed.text, mode="eval").body, typed)


def _fits(value: object, node: ast.expr, typed: PyType) -> bool:
    """The same of a part of the type; one that is not known may be an alias of any."""
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return _fits(value, left, typed) or _fits(value, right, typed)
        case ast.Constant(None):
            return value is None
        case ast.Name(name) if name in _EXACTLY:
            return type(value) in _EXACTLY[name]
        case ast.Name(name) if name in dict(typed.literals):
            return value in dict(typed.literals)[name]
        case ast.Name(name) if any(item == name for _, item in typed.imports):
            modules = {module for module, item in typed.imports if item == name}
            return not modules <= _WITHOUT_LITERALS
        case ast.Subscript(ast.Name("Literal"), allowed):
            values = allowed.elts if isinstance(allowed, ast.Tuple) else [allowed]
            return value in [ast.literal_eval(item) for item in values]
        case ast.Subscript(ast.Name(name), element) if name in _SEQUENCES:
            items = value if isinstance(value, tuple) else None
            return items is not None and all(_fits(item, element, typed) for item in items)
        case _:
            return True


def _unfit(query: Query, parameter: Parameter, typed: PyType) -> SourceError:
    allowed = dict(typed.literals).get(typed.text.removesuffix(" | None"))
    takes = ", ".join(map(repr, allowed)) if allowed else typed.text
    message = f"{parameter.default} is no default for {parameter.name}, which takes {takes}"
    advice = "write a literal of that type or None, or leave the default out"
    source = query.source
    for note in source.annotations.parameters:
        if note.name == parameter.name:
            return source.source.error(
                "PGR121", message, *note.span, help=advice, query=source.name
            )
    return query_error(query, "PGR121", message, advice)
