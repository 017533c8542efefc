"""What the stages of the compiler hand to each other: frozen, and without behaviour.

`analysis` makes `Query`, `codegen` turns it into text; neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from pgrepo.sqlfiles.queries import NamedQuery
    from pgrepo.sqlfiles.source import Source


class TypeKind(Enum):
    """What sort of type it is, after `pg_type.typtype` (arrays told apart)."""

    BASE = "base"
    ARRAY = "array"
    ENUM = "enum"
    DOMAIN = "domain"
    COMPOSITE = "composite"
    RANGE = "range"
    MULTIRANGE = "multirange"
    PSEUDO = "pseudo"


@dataclass(frozen=True, slots=True)
class PgType:
    """A PostgreSQL type.

    Attributes:
        oid: its OID; stable between servers only for built-in types (below 10,000).
        name: as `format_type` prints it, such as "timestamp with time zone".
        schema: the schema it lies in.
        kind: see TypeKind.
        element: of an array its elements' type, of a domain its base type, of a range its
            subtype.
        labels: of an enum its labels in order.
        fields: of a composite type its (name, type) pairs in order.
        comment: its COMMENT.
        field_comments: of a composite type the COMMENTs of its fields.
    """

    oid: int
    name: str
    schema: str
    kind: TypeKind
    element: PgType | None = None
    labels: tuple[str, ...] = ()
    fields: tuple[tuple[str, PgType], ...] = ()
    comment: str | None = None
    field_comments: tuple[str | None, ...] = ()

    @property
    def is_builtin(self) -> bool:
        """Whether every server gives this type the same OID (FirstGenbkiObjectId, 10,000)."""
        return self.oid < 10_000


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """The table column that a result column or a parameter stands for."""

    schema: str
    table: str
    column: str


class Cardinality(Enum):
    """How many rows a statement returns."""

    ONE = "one"
    ZERO_OR_ONE = "zero_or_one"
    MANY = "many"
    EXEC = "exec"  # it returns no columns


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A JSON object whose keys the statement spells out."""

    members: tuple[tuple[str, JsonValue], ...]


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A JSON array; `element` is None for one that is always empty."""

    element: JsonValue | None


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """A value of a PostgreSQL type, as `to_json` writes it."""

    pg_type: PgType
    origin: ColumnOrigin | None = None


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A place inside a JSON document: its shape, and whether JSON null may stand there."""

    shape: JsonObject | JsonArray | JsonScalar
    nullable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A result column.

    Attributes:
        name: as the server names it.
        pg_type: its type.
        nullable: False only where it is proved that it is never NULL.
        origin: the table column it shows unchanged, or None.
        json: the shape of a json or jsonb column, where the statement itself builds it.
        annotated_type: the Python type a `@column` annotation names.
        comment: the COMMENT of the table column it shows.
        row: of a whole row of a table, whether each of its columns can be NULL there.
    """

    name: str
    pg_type: PgType
    nullable: bool
    origin: ColumnOrigin | None = None
    json: JsonObject | JsonArray | None = None
    annotated_type: str | None = None
    comment: str | None = None
    row: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, in the order in which the Python signature has it.

    Attributes:
        name: as written after the colon, or p1, p2 … in plain SQL.
        number: its n in `$n`.
        pg_type: the type the server inferred.
        nullable: whether NULL makes sense there.
        origin: the column it is assigned to or compared with, or None.
        annotated_type: the Python type a `@param` annotation names.
        default: a Python literal from a `@param` annotation.
        optional: whether it may be left out, with all that `@optional` marks for it.
        dimensions: how many a vector has to have, where the statement says it.
    """

    name: str
    number: int
    pg_type: PgType
    nullable: bool
    origin: ColumnOrigin | None = None
    annotated_type: str | None = None
    default: str | None = None
    optional: bool = False
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A named statement with everything the analysis found out.

    Attributes:
        source: the statement as written.
        columns: what it returns.
        parameters: what it is given, in the order of the signature.
        cardinality: how many rows come back.
        read_only: whether it may run on a replica, and again after a lost connection.
        writes: whether it is, or holds, an INSERT, UPDATE, DELETE or MERGE, or is no query at
            all: nothing that a cursor can be declared for.
        tables: the tables it names, as schema.table.
        copy: the COPY that does the same for many rows, or None.
        staged: of another insert that can be rewritten to insert many rows at once, the SQL types
            of its parameters in the order of `$n` (see `sqlfiles.staging`).
        not_understood: kinds of nodes of its tree that the analysis does not know.
    """

    source: NamedQuery
    columns: tuple[Column, ...]
    parameters: tuple[Parameter, ...]
    cardinality: Cardinality
    read_only: bool
    tables: tuple[str, ...]
    writes: bool = False
    copy: str | None = None
    staged: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The query's name."""
        return self.source.name

    @property
    def streamable(self) -> bool:
        """Whether its rows can also be read through a server-side cursor."""
        return self.source.operation is Operation.MANY and not self.writes


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table, as the catalog has it."""

    name: str
    pg_type: PgType
    nullable: bool
    has_default: bool
    comment: str | None = None
    choices: tuple[str, ...] = ()  # the values a CHECK constraint allows
    holds_no_null: bool = False  # it is an array, and a CHECK constraint says this of its elements


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of the schemas being compiled."""

    schema: str
    name: str
    columns: tuple[TableColumn, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class QueryModule:
    """The queries of one file: what becomes one repository class."""

    name: str
    doc: str
    source: Source
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class CompiledDomain:
    """All of a domain: what becomes one package."""

    name: str
    doc: str
    modules: tuple[QueryModule, ...]
    tables: tuple[Table, ...] = field(default=())
