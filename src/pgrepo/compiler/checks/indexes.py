"""PGR601 to PGR603: foreign keys without an index, and indexes without a use."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.nodes import Node
from pgrepo.compiler.checks.findings import Finding
from pgrepo.compiler.checks.uniqueness import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pgrepo.compiler.checks.findings import Statement, Subject
    from pgrepo.compiler.checks.schema import ForeignKey, Index, Schema

_JOIN = 2  # of RTEKind
_REVERSED = 3  # DESC and NULLS FIRST, the two bits of indoption


def check_foreign_keys(subject: Subject) -> Iterator[Finding]:
    """PGR601: a foreign key that no index serves."""
    schema, catalog = subject.schema, subject.catalog
    for key in schema.foreign_keys:
        indexes = [index for index in schema.indexes if index.relid == key.relid]
        if any(serves(index, key) for index in indexes):
            continue
        columns = [catalog.relations[key.relid].columns[attnum].name for attnum in key.columns]
        written = ", ".join(catalog.quote(columns))
        table = ".".join(catalog.quote([key.schema, key.table]))
        [name] = catalog.quote([free_name(schema, key.schema, key.table, columns)])
        referenced = catalog.relations[key.referenced].name
        error = subject.places.error(
            "PGR601",
            f"no index serves the foreign key {key.name}: to delete or rekey one row of "
            f"{referenced}, all of {key.table} is read",
            key.name,
            key.table,
            columns=columns,
            help=f"CREATE INDEX {name} ON {table} ({written});",
        )
        yield Finding(error, key.name)


def free_name(schema: Schema, owner: str, table: str, columns: Sequence[str]) -> str:
    """A name for a new index on columns of a table, as PostgreSQL would make it up."""
    taken = {index.name for index in schema.indexes if index.schema == owner}
    name = f"{table}_{'_'.join(columns)}_idx"
    numbers = itertools.chain([""], itertools.count(1))
    return next(found for number in numbers if (found := f"{name}{number}") not in taken)


def serves(index: Index, key: ForeignKey) -> bool:
    """Whether an index finds the rows that refer to a given row."""
    if not index.is_valid:
        return False
    columns = set(key.columns)
    if index.method not in {"btree", "hash"}:  # it may, by an extension's operator class
        return columns <= set(index.keys)
    if set(index.keys[: len(columns)]) != columns:
        return False
    # A row that refers to something has no NULL there.
    return index.predicate_not_null is not None and index.predicate_not_null <= columns


def check_redundant(subject: Subject) -> Iterator[Finding]:
    """PGR602: an index that another one makes superfluous."""
    gone: set[int] = set()
    for index in sorted(subject.schema.indexes, key=_worth):
        others = [
            other
            for other in subject.schema.indexes
            if other.oid != index.oid and other.oid not in gone and covers(other, index)
        ]
        if not others or not _can_go(index):
            continue
        gone.add(index.oid)
        other = others[0]
        same = len(other.keys) == len(index.keys)
        what = f"constraint {other.constraint}" if other.constraint else f"index {other.name}"
        error = subject.places.error(
            "PGR602",
            f"{index.name} is superfluous: the {what} "
            + ("has the same columns" if same else "begins with its columns"),
            index.name,
            index.table,
            help=f"drop it in a new DDL file: {_drop(index)}",
        )
        yield Finding(error, index.constraint or index.name)


def _worth(index: Index) -> tuple[bool, bool, int]:
    """Of two equal indexes the one that comes first goes: the bare, the not unique, the newer."""
    return index.constraint is not None, index.is_unique, -index.oid


def _can_go(index: Index) -> bool:
    return not (index.is_chosen or index.is_partition or index.is_referenced or index.is_exclusion)


def covers(other: Index, index: Index) -> bool:
    """Whether whatever an index does, the other one does too."""
    count = len(index.keys)
    if (other.relid, other.method, other.predicate) != (
        index.relid, index.method, index.predicate
    ) or not other.is_valid or other.is_exclusion:  # fmt: skip
        return False
    if other.parts[:count] != index.parts or other.kinds[:count] != index.kinds:
        return False
    if not index.included <= other.included | set(other.keys):
        return False
    if index.is_unique and not _enforces(other, index):
        return False
    if index.method != "btree":
        return len(other.keys) == count
    # An index can be read backwards, but only as a whole.
    turned = tuple(option ^ _REVERSED for option in index.options)
    return other.options[:count] in {index.options, turned}


def _enforces(other: Index, index: Index) -> bool:
    """Whether the other one keeps rows as unique as a unique index does."""
    return (
        other.is_unique
        and len(other.keys) == len(index.keys)
        and other.nulls_not_distinct == index.nulls_not_distinct
        and other.is_immediate == index.is_immediate
    )


def _drop(index: Index) -> str:
    if index.constraint is not None:
        return f"ALTER TABLE {index.schema}.{index.table} DROP CONSTRAINT {index.constraint};"
    return f"DROP INDEX {index.schema}.{index.name};"


def check_unused(
    subject: Subject, used: Collection[tuple[str, str]], hot: Collection[int]
) -> Iterator[Finding]:
    """PGR603: an index of a hot table that nothing uses.

    Nothing means: it enforces nothing and serves no foreign key, no plan uses it, no query
    looks at its first column in order to find, join, group or order rows (another value of a
    parameter might then want the index), and no function, policy or view names that column.

    Args:
        subject: what is checked; of the queries, all.
        used: (schema, name) of the indexes in all plans.
        hot: the OIDs of the hot tables.
    """
    suspects = [
        index
        for index in subject.schema.indexes
        if index.relid in hot
        and (index.schema, index.name) not in used
        and _serves_itself_alone(index, subject.schema)
    ]
    if not suspects:
        return
    looked_at = {column for statement in subject.statements for column in _looked_at(statement)}
    for index in suspects:
        columns = subject.catalog.relations[index.relid].columns
        first = {index.keys[0]} if index.keys[0] else index.expression_columns
        names = [columns[attnum].name for attnum in first]
        if any((index.relid, attnum) in looked_at for attnum in first):
            continue
        if any(_is_named(text, index.table) and _is_named(text, name)
               for text in subject.schema.code for name in names):  # fmt: skip
            continue
        error = subject.places.error(
            "PGR603",
            f"no query uses {index.name}: none looks for rows by {', '.join(sorted(names))}",
            index.name,
            index.table,
            help="drop it in a new DDL file, or allow it and say who uses it",
        )
        yield Finding(error, index.name)


def _serves_itself_alone(index: Index, schema: Schema) -> bool:
    """Whether an index is there for queries only."""
    keys = [key for key in schema.foreign_keys if key.relid == index.relid]
    return (
        _can_go(index)
        and not index.is_unique
        and not index.is_partitioned
        and not any(set(key.columns) & index.read_columns for key in keys)
    )


def _is_named(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) is not None


def _looked_at(statement: Statement) -> Iterator[tuple[int, int]]:
    """The (table, column) pairs by which a statement may find rows: all but what it returns."""
    for query, around in statement.queries:
        level = Level(query, around)
        for node in _working_parts(query, is_outermost=not around):
            for varno, attno in level.columns(node):
                if varno > 0:
                    yield level.entry(varno).integer("relid"), attno


def _working_parts(query: Node, *, is_outermost: bool) -> Iterator[Node]:
    """What decides which rows a query finds; of inner queries all, as it may end up in there."""
    for name, value in query.fields.items():
        items: Sequence[object] = value if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, Node) or _only_names(item):
                continue
            if name in {"targetList", "returningList"} and is_outermost and _only_shows(item):
                continue
            yield item


def _only_names(item: Node) -> bool:
    """A join's range-table entry lists all columns of both its sides."""
    return item.tag == "RANGETBLENTRY" and item.integer("rtekind") == _JOIN


def _only_shows(target: Node) -> bool:
    return target.integer("ressortgroupref") == 0 and not any(
        node.tag in {"AGGREF", "WINDOWFUNC"} for node in target.walk()
    )
