"""PostgreSQL types as Python types."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.model import TypeKind
from pgrepo.compiler.names import class_name, singular

if TYPE_CHECKING:
    from pgrepo.compiler.model import ColumnOrigin, PgType

RUNTIME = "pgrepo.runtime"


@dataclass(frozen=True, slots=True)
class PyType:
    """A type as it is written in Python.

    Attributes:
        text: the expression, such as "list[UUID]".
        imports: (module, name) pairs that it needs.
        literals: the Literal aliases it uses: names and their values.
    """

    text: str
    imports: frozenset[tuple[str, str]] = frozenset()
    literals: frozenset[tuple[str, tuple[str, ...]]] = frozenset()

    def wrapped(self, form: str, *imports: tuple[str, str]) -> PyType:
        """This type inside another: `form` has one `{}`."""
        return PyType(form.format(self.text), self.imports | set(imports), self.literals)

    def optional(self) -> PyType:
        """This type or None."""
        return self if _accepts_none(self.text) else self.wrapped("{} | None")


def _accepts_none(text: str) -> bool:
    return text in {"JSON", "JSONInput", "None"} or text.endswith("| None")


def _plain(text: str, module: str | None = None) -> PyType:
    return PyType(text, frozenset({(module, text)}) if module else frozenset())


_INTEGER, _TEXT = _plain("int"), _plain("str")
_BASE = {
    "boolean": _plain("bool"),
    "smallint": _INTEGER,
    "integer": _INTEGER,
    "bigint": _INTEGER,
    "oid": _INTEGER,
    "real": _plain("float"),
    "double precision": _plain("float"),
    "numeric": _plain("Decimal", "decimal"),
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "name": _TEXT,
    "bytea": _plain("bytes"),
    "date": _plain("date", "datetime"),
    "time without time zone": _plain("time", "datetime"),
    "time with time zone": _plain("time", "datetime"),
    "timestamp without time zone": _plain("datetime", "datetime"),
    "timestamp with time zone": _plain("datetime", "datetime"),
    "interval": _plain("timedelta", "datetime"),
    "uuid": _plain("UUID", "uuid"),
    "json": _plain("JSON", RUNTIME),
    "jsonb": _plain("JSON", RUNTIME),
    "inet": _plain("InetAddress", RUNTIME),
    "cidr": _plain("InetNetwork", RUNTIME),
    "void": _plain("None"),
}
# How `to_json` writes these, and so what comes out of a JSON document, is not what the driver
# makes of a column of theirs.
_IN_JSON = {
    "interval": _TEXT,
    "bytea": _TEXT,
    "inet": _TEXT,
    "cidr": _TEXT,
    "time with time zone": _TEXT,
}


class NoPythonTypeError(LookupError):
    """There is no Python type for a PostgreSQL type; the argument is the type."""

    def __init__(self, pg_type: PgType) -> None:
        super().__init__(pg_type.name)
        self.pg_type = pg_type


def python_type(pg_type: PgType, choices: PyType | None = None) -> PyType:
    """The type of a value that PostgreSQL sends, None aside.

    Args:
        pg_type: its type.
        choices: the Literal alias of its column, which stands for a text's type.

    Raises:
        NoPythonTypeError: there is none.
    """
    match pg_type.kind:
        case TypeKind.BASE | TypeKind.PSEUDO if pg_type.name in _BASE:
            is_text = _BASE[pg_type.name] == _TEXT
            return choices if choices is not None and is_text else _BASE[pg_type.name]
        case TypeKind.DOMAIN if pg_type.element is not None:
            return python_type(pg_type.element, choices)
        case TypeKind.ENUM:
            return literal_alias(class_name(bare_name(pg_type)), pg_type.labels)
        case TypeKind.ARRAY if pg_type.element is not None:
            # An array's elements can be NULL whatever the column's constraints say.
            return python_type(pg_type.element, choices).optional().wrapped("list[{}]")
        case TypeKind.RANGE if pg_type.element is not None and pg_type.is_builtin:
            return python_type(pg_type.element).wrapped("Range[{}]", (RUNTIME, "Range"))
        case TypeKind.MULTIRANGE if pg_type.element is not None and pg_type.is_builtin:
            inner = pg_type.element.element
            if inner is not None:
                return python_type(inner).wrapped("Multirange[{}]", (RUNTIME, "Multirange"))
    raise NoPythonTypeError(pg_type)


def parameter_type(pg_type: PgType, choices: PyType | None = None) -> PyType:
    """The type of a value that may be sent, None aside.

    Raises:
        NoPythonTypeError: there is none.
    """
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None:
        inner = parameter_type(pg_type.element, choices)
        return inner.wrapped("Sequence[{}]", ("collections.abc", "Sequence"))
    if pg_type.name in {"json", "jsonb"}:
        return _plain("JSONInput", RUNTIME)
    return python_type(pg_type, choices)


def json_type(pg_type: PgType, choices: PyType | None = None) -> PyType:
    """The type of a value inside a JSON document, None aside.

    Raises:
        NoPythonTypeError: there is none.
    """
    if pg_type.name in _IN_JSON:
        return _IN_JSON[pg_type.name]
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None:
        return json_type(pg_type.element, choices).optional().wrapped("list[{}]")
    if pg_type.kind in {TypeKind.RANGE, TypeKind.MULTIRANGE}:
        return _TEXT
    return python_type(pg_type, choices)


def bare_name(pg_type: PgType) -> str:
    """A type's name without schema and quotes."""
    return pg_type.name.rpartition(".")[2].strip('"')


def literal_alias(name: str, values: tuple[str, ...]) -> PyType:
    """The alias `name` of a Literal of some texts."""
    return PyType(name, literals=frozenset({(name, values)}))


def column_choices(origin: ColumnOrigin, values: tuple[str, ...]) -> PyType:
    """The alias for the values that a table's column allows: `sessions.status` → SessionStatus."""
    return literal_alias(class_name(singular(origin.table)) + class_name(origin.column), values)


_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TYPING = frozenset({"Any", "Literal", "Mapping", "Sequence"})
_OURS = frozenset({"JSON", "JSONInput"})


def annotated_type(text: str) -> PyType:
    """A type named by an annotation: dotted names become imports.

    Raises:
        ValueError: a name without a module is neither built in nor well known.
    """
    imports: set[tuple[str, str]] = set()

    def short(match: re.Match[str]) -> str:
        module, _, name = match.group().rpartition(".")
        if module:
            imports.add((module, name))
        elif name in _TYPING:
            imports.add(("typing" if name in {"Any", "Literal"} else "collections.abc", name))
        elif name in _OURS:
            imports.add((RUNTIME, name))
        elif not hasattr(builtins, name):
            raise ValueError(name)
        return name

    return PyType(_DOTTED.sub(short, text), frozenset(imports))
