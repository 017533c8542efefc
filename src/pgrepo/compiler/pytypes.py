"""PostgreSQL types as Python types."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar, JsonValue, TypeKind
from pgrepo.compiler.names import class_name, singular

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def required(self) -> PyType:
        """This type without None."""
        return PyType(self.text.removesuffix(" | None"), self.imports, self.literals)


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
    "xid": _INTEGER,
    "xid8": _INTEGER,
    "cid": _INTEGER,
    "real": _plain("float"),
    "double precision": _plain("float"),
    "numeric": _plain("Decimal", "decimal"),
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "bpchar": _TEXT,
    '"char"': _TEXT,
    "name": _TEXT,
    "refcursor": _TEXT,
    "bit": _TEXT,
    "bit varying": _TEXT,
    "macaddr": _TEXT,
    "macaddr8": _TEXT,
    "xml": _TEXT,
    "jsonpath": _TEXT,
    "pg_lsn": _TEXT,
    "tid": _TEXT,
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
# Types of extensions, by name: their OIDs differ between databases.
VECTORS = frozenset({"vector", "halfvec", "sparsevec"})
_EXTENSIONS = {"citext": _TEXT} | dict.fromkeys(VECTORS, _plain("list[float]"))
# What `to_json` writes as a JSON value of its own kind; all others become strings.
_AS_IS_IN_JSON = frozenset({
    "boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric",
    "date", "time without time zone", "timestamp without time zone", "timestamp with time zone",
    "uuid", "json", "jsonb",
})  # fmt: skip
JSON_NAMES = frozenset({"json", "jsonb"})

NameOf: TypeAlias = "Callable[[PgType], str]"
"""Tells how an enum's alias, or the dataclass of a composite type, is called."""


class NoPythonTypeError(LookupError):
    """There is no Python type for a PostgreSQL type.

    Attributes:
        pg_type: the type.
        path: the fields of composite types that lead to it.
    """

    def __init__(self, pg_type: PgType, path: tuple[str, ...] = ()) -> None:
        super().__init__(pg_type.name)
        self.pg_type = pg_type
        self.path = path


def python_type(
    pg_type: PgType, choices: PyType | None = None, name_of: NameOf | None = None
) -> PyType:
    """The type of a value that PostgreSQL sends, None aside.

    Args:
        pg_type: its type.
        choices: the Literal alias of its column, which stands for a text's type.
        name_of: names enums and composite types; without it they are called as in PostgreSQL.

    Raises:
        NoPythonTypeError: there is none.
    """
    match pg_type.kind:
        case TypeKind.BASE | TypeKind.PSEUDO:
            found = _base(pg_type)
            return choices if choices is not None and found == _TEXT else found
        case TypeKind.DOMAIN if pg_type.element is not None:
            return python_type(pg_type.element, choices, name_of)
        case TypeKind.ENUM:
            return literal_alias(_name(pg_type, name_of), pg_type.labels)
        case TypeKind.ARRAY if pg_type.element is not None and _has_elements(pg_type):
            # An array's elements can be NULL whatever the column's constraints say.
            return python_type(pg_type.element, choices, name_of).optional().wrapped("list[{}]")
        case TypeKind.RANGE if pg_type.element is not None:
            bound = python_type(pg_type.element, None, name_of)
            return bound.wrapped("Range[{}]", (RUNTIME, "Range"))
        case TypeKind.MULTIRANGE if pg_type.element is not None and pg_type.element.element:
            bound = python_type(pg_type.element.element, None, name_of)
            return bound.wrapped("Multirange[{}]", (RUNTIME, "Multirange"))
        case TypeKind.COMPOSITE if pg_type.fields:
            for name, typed in pg_type.fields:
                _check_field(name, typed)
            made = _name(pg_type, name_of)
            return PyType(made, frozenset({(".tables", made)}))
    raise NoPythonTypeError(pg_type)


def _name(pg_type: PgType, name_of: NameOf | None) -> str:
    return name_of(pg_type) if name_of is not None else class_name(bare_name(pg_type))


def _base(pg_type: PgType) -> PyType:
    found = _BASE.get(pg_type.name) if pg_type.is_builtin else _EXTENSIONS.get(bare_name(pg_type))
    if found is None:
        raise NoPythonTypeError(pg_type)
    return found


def _has_elements(pg_type: PgType) -> bool:
    """Whether an array is one to its users as well; its type has a name of its own else."""
    return pg_type.name not in {"int2vector", "oidvector"}


def _check_field(name: str, typed: PgType) -> None:
    try:
        python_type(typed)
    except NoPythonTypeError as error:
        raise NoPythonTypeError(error.pg_type, (name, *error.path)) from None


def parameter_type(
    pg_type: PgType, choices: PyType | None = None, name_of: NameOf | None = None
) -> PyType:
    """The type of a value that may be sent, None aside.

    Raises:
        NoPythonTypeError: there is none.
    """
    if pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        return parameter_type(pg_type.element, choices, name_of)
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None and _has_elements(pg_type):
        return _sequence(parameter_type(pg_type.element, choices, name_of))
    if pg_type.name in JSON_NAMES:
        return _plain("JSONInput", RUNTIME)
    if not pg_type.is_builtin and bare_name(pg_type) in VECTORS:
        return _sequence(_plain("float"))
    return python_type(pg_type, choices, name_of)


def _sequence(inner: PyType) -> PyType:
    return inner.wrapped("Sequence[{}]", ("collections.abc", "Sequence"))


def has_python_type(pg_type: PgType) -> bool:
    """Whether values of a type can be written and read."""
    try:
        python_type(pg_type)
    except NoPythonTypeError:
        return False
    return True


def json_type(
    pg_type: PgType, choices: PyType | None = None, name_of: NameOf | None = None
) -> PyType:
    """The type of a value inside a JSON document, None aside, as `to_json` writes it.

    Composite types and arrays of them have a shape instead (see `json_shape`).
    """
    match pg_type.kind:
        case TypeKind.DOMAIN if pg_type.element is not None:
            return json_type(pg_type.element, choices, name_of)
        case TypeKind.ENUM:
            return python_type(pg_type, None, name_of)
        case TypeKind.ARRAY if pg_type.element is not None:
            return json_type(pg_type.element, choices, name_of).optional().wrapped("list[{}]")
        case TypeKind.RANGE | TypeKind.MULTIRANGE:
            return _TEXT
        case TypeKind.BASE if pg_type.name in _AS_IS_IN_JSON:
            return _BASE[pg_type.name]
        case TypeKind.BASE if pg_type.is_builtin or bare_name(pg_type) in _EXTENSIONS:
            return choices if choices is not None else _TEXT
        case _:  # an extension's type may have a cast to json of its own
            return _BASE["json"]


def json_shape(scalar: JsonScalar) -> JsonObject | JsonArray | JsonScalar:
    """What a value is in a JSON document: an object if it is a composite type's."""
    pg_type = scalar.pg_type
    if pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        base = json_shape(JsonScalar(pg_type.element, scalar.origin))
        return scalar if isinstance(base, JsonScalar) else base
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None:
        element = json_shape(JsonScalar(pg_type.element, scalar.origin))
        is_plain = isinstance(element, JsonScalar)
        return scalar if is_plain else JsonArray(JsonValue(element, nullable=True))
    if pg_type.kind is TypeKind.COMPOSITE and pg_type.fields:
        members = ((name, json_shape(JsonScalar(typed))) for name, typed in pg_type.fields)
        return JsonObject(tuple((name, JsonValue(shape, True)) for name, shape in members))
    return scalar


def bare_name(pg_type: PgType) -> str:
    """A type's name without schema and quotes."""
    return pg_type.name.rpartition(".")[2].strip('"')


def domain_name(pg_type: PgType) -> str | None:
    """The name of a domain, or of an array of one, with its schema; None for other types."""
    if pg_type.kind is TypeKind.ARRAY and pg_type.element is not None:
        inner = domain_name(pg_type.element)
        return f"{inner}[]" if inner else None
    return f"{pg_type.schema}.{bare_name(pg_type)}" if pg_type.kind is TypeKind.DOMAIN else None


def literal_alias(name: str, values: tuple[str, ...]) -> PyType:
    """The alias `name` of a Literal of some texts."""
    return PyType(name, literals=frozenset({(name, values)}))


def column_choices(origin: ColumnOrigin, values: tuple[str, ...]) -> PyType:
    """The alias for the values that a table's column allows: `sessions.status` → SessionStatus."""
    return literal_alias(class_name(singular(origin.table)) + class_name(origin.column), values)


_DOTTED = re.compile(r"""'[^']*'|"[^"]*"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*""")
_TYPING = frozenset({"Any", "Literal", "Mapping", "Sequence"})
_OURS = frozenset({"JSON", "JSONInput"})


class SameNameError(ValueError):
    """An annotation names types of two modules that one module cannot import; says the name."""


def annotated_type(text: str) -> PyType:
    """A type named by an annotation: dotted names become imports.

    Raises:
        SameNameError: two modules' types have the same name.
        ValueError: a name without a module is neither built in nor well known.
    """
    imports: set[tuple[str, str]] = set()

    def short(match: re.Match[str]) -> str:
        if match[0].startswith(("'", '"')):  # a value of a Literal
            return f'"{match[0][1:-1]}"' if '"' not in match[0] else match[0]
        module, _, name = match[0].rpartition(".")
        if module:
            imports.add((module, name))
        elif name in _TYPING:
            imports.add(("typing" if name in {"Any", "Literal"} else "collections.abc", name))
        elif name in _OURS:
            imports.add((RUNTIME, name))
        elif not hasattr(builtins, name):
            raise ValueError(name)
        return name

    written = _DOTTED.sub(short, text)
    if len({name for _, name in imports}) < len(imports):
        names = [name for _, name in imports]
        raise SameNameError(next(name for name in sorted(names) if names.count(name) > 1))
    return PyType(written, frozenset(imports))
