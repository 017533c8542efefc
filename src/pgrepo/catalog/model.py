"""What the catalog holds: plain data, which `--json` prints as it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        type: as one writes it, such as timestamptz or varchar(50).
        nullable: whether it can be NULL.
        has_default: whether an INSERT may leave it out.
        primary: whether it is part of the primary key.
        foreign: whether it is part of a foreign key.
        comment: its COMMENT.
        choices: the values that a CHECK allows, or that an enum has.
    """

    name: str
    type: str
    nullable: bool
    has_default: bool
    primary: bool
    foreign: bool
    comment: str | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `definition` is what CREATE INDEX says after USING."""

    name: str
    definition: str
    primary: bool
    unique: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key.

    Attributes:
        name: the constraint's name.
        columns: its columns.
        table: the table it refers to; with its schema where that is another one.
        definition: what follows its columns, such as "REFERENCES users(id) ON DELETE CASCADE".
        optional: whether a row may be without a parent.
        unique: whether a parent has one row at most.
    """

    name: str
    columns: tuple[str, ...]
    table: str
    definition: str
    optional: bool
    unique: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table, partitions and all, or a view; `kind` says which."""

    name: str
    kind: str
    comment: str | None
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the rows that a query returns."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step of a plan: how deep it is below the others, what it does, and its conditions."""

    depth: int
    words: str
    detail: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query.

    Attributes:
        name: its name.
        line: where its file has it.
        signature: its method as generated, without the body.
        doc: its comment, in paragraphs.
        sql: the statement as its file has it.
        row: the class of its rows, or of those that it is given.
        fields: the fields of that class.
        cardinality: one, zero_or_one, many, or exec.
        read_only: whether it writes and locks nothing.
        tables: the tables that it names; with their schema where that is another one.
        plan: the steps of its plan; none where PostgreSQL makes none.
    """

    name: str
    line: int
    signature: str
    doc: tuple[str, ...]
    sql: str
    row: str | None
    fields: tuple[Field, ...]
    cardinality: str
    read_only: bool
    tables: tuple[str, ...]
    plan: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """The queries of one file, which are the methods of one class."""

    name: str
    class_name: str
    file: str
    doc: tuple[str, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """All of a domain.

    Attributes:
        name: its name, and that of its schema.
        doc: the schema's COMMENT, in paragraphs.
        plans: a sentence that says under which assumptions the plans were made.
        tables: its tables and views.
        repositories: its query files.
    """

    name: str
    doc: tuple[str, ...]
    plans: str
    tables: tuple[Table, ...]
    repositories: tuple[Repository, ...]

    @property
    def queries(self) -> list[Query]:
        """All queries."""
        return [query for repository in self.repositories for query in repository.queries]
