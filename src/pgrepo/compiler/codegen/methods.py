"""A query's method, in its two flavours, and its statement."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.caching import caching_argument, caching_names
from pgrepo.compiler.codegen.defaults import refuse_default
from pgrepo.compiler.codegen.shadows import visible
from pgrepo.compiler.codegen.text import (
    INDENT,
    WIDTH,
    call,
    docstring,
    indented,
    prose,
    quoted,
)
from pgrepo.compiler.model import Cardinality
from pgrepo.compiler.names import attribute, constant
from pgrepo.compiler.pytypes import RUNTIME, PyType
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from pgrepo.compiler.codegen.rows import Result, RowPlanner
    from pgrepo.compiler.model import Parameter, Query


@dataclass(frozen=True, slots=True)
class Flavour:
    """What differs between the sync and the async text."""

    prefix: str  # of class names
    define: str
    wait: str
    stream: str


SYNC = Flavour("", "def", "", "Stream")
ASYNC = Flavour("Async", "async def", "await ", "AsyncStream")


@dataclass(frozen=True, slots=True)
class Method:
    """All that is needed to write a query's methods.

    Attributes:
        query: the query.
        result: what it returns.
        parameters: (name, type, default or None) in the order of the signature.
        arguments: what is passed on: the names in the order of `$n`, and the order.
        key: where its rows are found by key, the type of that.
    """

    query: Query
    result: Result
    parameters: tuple[tuple[str, PyType, str | None], ...]
    arguments: tuple[str, ...]
    key: PyType | None = None

    @property
    def types(self) -> list[PyType]:
        """Every type that the method's text names."""
        found = [typed for _, typed, _ in self.parameters]
        found += [typed for typed in (self.result.value, self.key) if typed is not None]
        decoded = (typed for _, typed in (*self.result.json, *self.result.columns))
        return [*found, *decoded, *self.result.wire]


def plan_method(query: Query, result: Result, planner: RowPlanner) -> Method:
    """Puts the signature together.

    Raises:
        SourceError: a parameter has no Python type.
    """
    if query.source.operation is Operation.BULK:
        return Method(query, result, (), ())
    by_number = sorted(query.parameters, key=lambda parameter: parameter.number)
    parameters = [_parameter(query, item, planner) for item in query.parameters]
    arguments = [attribute(item.name) for item in by_number]
    ordering = query.source.variants.ordering
    if ordering is not None:
        names = ", ".join(quoted(order.name) for order in ordering.orders)
        literal = PyType(f"Literal[{names}]", frozenset({("typing", "Literal")}))
        parameters.append(("order_by", literal, quoted(ordering.default)))
        arguments.append("order_by=order_by")
    return Method(query, result, tuple(parameters), tuple(arguments), _key_type(query, result))


def _key_type(query: Query, result: Result) -> PyType | None:
    """What finds a query's rows: the type of a column, or a tuple of several."""
    if result.row is None or query.source.annotations.key is None:
        return None
    types = [
        # The row's class may be one that other queries share, and need None in.
        typed if query.columns[at].nullable else typed.required()
        for at, typed in ((at, result.row.fields[at].type) for at in _key_columns(query))
    ]
    if len(types) == 1:
        return types[0]
    return PyType(
        f"tuple[{', '.join(typed.text for typed in types)}]",
        frozenset().union(*(typed.imports for typed in types)),
        frozenset().union(*(typed.literals for typed in types)),
    )


def _key_columns(query: Query) -> list[int]:
    key, names = query.source.annotations.key, [column.name for column in query.columns]
    return [names.index(name) for name in key.names] if key is not None else []


def _parameter(
    query: Query, parameter: Parameter, planner: RowPlanner
) -> tuple[str, PyType, str | None]:
    name, typed = attribute(parameter.name), planner.parameter_type(query, parameter)
    if parameter.optional:
        unset = frozenset({(RUNTIME, "UNSET"), (RUNTIME, "Unset")})
        bare = typed.text.removesuffix(" | None")
        text = f"{bare} | Unset" + (" | None" if bare != typed.text else "")
        return name, PyType(text, typed.imports | unset, typed.literals), "UNSET"
    refuse_default(query, parameter, typed)
    default = _literal(parameter.default) if parameter.default is not None else None
    return name, typed, default


def signature_types(method: Method) -> list[str]:
    """The types that a method's signature names, as they are written."""
    return [*(typed.text for _, typed, _ in method.parameters), _call_and_type(method)[1]]


def write_methods(method: Method, flavour: Flavour, shadows: frozenset[str]) -> list[str]:
    """The query's method, and its streaming twin where a cursor can read it; indented.

    Args:
        method: the method.
        flavour: sync or async.
        shadows: names of types that methods of the class hide.
    """
    lines = _method(method, flavour, shadows)
    if method.query.streamable and method.result.row is not None:
        lines += ["", *_stream(method, flavour, shadows)]
    return lines


def write_signature(method: Method, flavour: Flavour, shadows: frozenset[str]) -> list[str]:
    """The first lines of the query's method, indented; the arguments are those of the method's."""
    arguments = _signature(method, shadows)
    if method.query.source.operation is Operation.BULK:
        row = method.result.row
        arguments = ["self", f"rows: Iterable[{row.name if row else 'object'}]"]
    head = f"{flavour.define} {attribute(method.query.name)}"
    returned = visible(_call_and_type(method)[1], shadows)
    return call(head, arguments, f" -> {returned}:", 1)


def _method(method: Method, flavour: Flavour, shadows: frozenset[str]) -> list[str]:
    helper, _ = _call_and_type(method)
    is_bulk = method.query.source.operation is Operation.BULK
    arguments = [constant(method.query.name), *(["rows"] if is_bulk else method.arguments)]
    return [
        *write_signature(method, flavour, shadows),
        *docstring(_doc(method.query), 2),
        *call(f"return {flavour.wait}self.{helper}", arguments, "", 2),
    ]


def _stream(method: Method, flavour: Flavour, shadows: frozenset[str]) -> list[str]:
    row = method.result.row
    name = attribute(method.query.name)
    signature = call(
        f"def stream_{name}",
        _signature(method, shadows),
        f" -> {flavour.stream}[{row.name if row else 'object'}]:",
        1,
    )
    doc = docstring([f"Streams the rows of {name} through a server-side cursor."], 2)
    arguments = [constant(method.query.name), *method.arguments]
    return [*signature, *doc, *call("return self._stream", arguments, "", 2)]


def _signature(method: Method, shadows: frozenset[str]) -> list[str]:
    if not method.parameters:
        return ["self"]
    # A required parameter may follow one with a default: all are named in a call.
    return [
        "self",
        "*",
        *(
            f"{name}: {visible(typed.text, shadows)}"
            + (f" = {default}" if default is not None else "")
            for name, typed, default in method.parameters
        ),
    ]


def _literal(text: str) -> str:
    value = ast.literal_eval(text)
    return quoted(value) if isinstance(value, str) else text


def _call_and_type(method: Method) -> tuple[str, str]:
    """The repository's helper that runs the query, and what the method returns."""
    operation, result = method.query.source.operation, method.result
    surely = method.query.cardinality is Cardinality.ONE
    row = result.row.name if result.row is not None else "None"
    value = result.value.text if result.value is not None else "None"
    match operation:
        case Operation.MANY if method.key is not None:
            if _has_one_row_a_key(method.query):
                return "_keyed", f"dict[{method.key.text}, {row}]"
            return "_grouped", f"dict[{method.key.text}, list[{row}]]"
        case Operation.MANY:
            return "_all", f"list[{row}]"
        case Operation.ONE | Operation.RETURNING:
            return ("_one", row) if surely else ("_first", f"{row} | None")
        case Operation.VALUE:
            if surely:
                return "_value", value
            optional = result.value.optional().text if result.value is not None else "None"
            return "_first_value", optional
        case Operation.BULK:
            return "_bulk", "int"
        case _:
            return "_affected", "int"


def _has_one_row_a_key(query: Query) -> bool:
    key = query.source.annotations.key
    return key is not None and key.word == "key_by"


def _doc(query: Query) -> list[str]:
    said = prose(query.source.doc) or [f"Runs {query.name}."]
    return [*said, _provenance(query)]


def _provenance(query: Query) -> str:
    tables = ", ".join(name.rpartition(".")[2] for name in query.tables)
    verb = "Reads" if query.read_only else "Writes or locks"
    touched = f"{verb} {tables}. " if tables else ""
    return f"{touched}SQL: {query.name} in {query.source.source.name}."


def write_statement(method: Method) -> list[str]:
    """The statement's constant."""
    query, result = method.query, method.result
    arguments = [quoted(query.name), quoted(query.source.fingerprint)]
    if result.wire:
        arguments.append(f"types={_tuple([typed.text for typed in result.wire])}")
    if result.row is not None:
        arguments.append(f"row={result.row.name}")
    if result.json:
        pairs = [f"({index}, {typed.text})" for index, typed in result.json]
        arguments.append(f"json={_tuple(pairs)}")
    if result.columns:
        pairs = [f"({index}, {typed.text})" for index, typed in result.columns]
        arguments.append(f"columns={_tuple(pairs)}")
    if query.read_only:
        arguments.append("read_only=True")
    if query.source.annotations.primary is not None:
        arguments.append("primary=True")
    if query.copy is not None:
        arguments.append(f"copy={quoted(query.copy)}")
    if query.staged:
        arguments.append(_listed("staged", [quoted(name) for name in query.staged]))
    if method.key is not None:
        arguments.append(f"key={_tuple([str(at) for at in _key_columns(query)])}")
    if (caching := caching_argument(method)) is not None:
        arguments.append(caching)
    typed_as = _statement_type(method)
    return call(f"{constant(query.name)}{typed_as} = Statement", arguments)


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _listed(name: str, items: list[str]) -> str:
    """An argument that is a tuple, on several lines where one has no room."""
    argument = f"{name}={_tuple(items)}"
    if len(argument) + len(INDENT) + 1 <= WIDTH:
        return argument
    return "\n".join([f"{name}=(", *indented([f"{item}," for item in items], 2), f"{INDENT})"])


def _statement_type(method: Method) -> str:
    """An annotation where the arguments do not say what a row becomes."""
    if method.result.row is not None:
        return ""
    value = method.result.value
    return f": Statement[{value.text if value is not None else 'None'}]"


def runtime_names(method: Method) -> set[tuple[str, str]]:
    """What the methods need besides the types they name."""
    needed = {(RUNTIME, "Statement"), *caching_names(method)}
    if method.query.source.operation is Operation.BULK:
        needed.add(("collections.abc", "Iterable"))
    if method.query.streamable and method.result.row is not None:
        needed |= {(RUNTIME, "Stream"), (RUNTIME, "AsyncStream")}
    return needed


__all__ = [
    "ASYNC",
    "SYNC",
    "Flavour",
    "Method",
    "plan_method",
    "runtime_names",
    "write_methods",
    "write_signature",
    "write_statement",
]
