"""What the analysis must know of the catalog, read once per scratch database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from pgrepo.compiler.analysis import catalog_queries as queries
from pgrepo.compiler.analysis.choices import allowed_values
from pgrepo.compiler.analysis.elements import arrays_without_null
from pgrepo.compiler.analysis.foreign_keys import ForeignKey
from pgrepo.compiler.analysis.triggers import surely_returns_new
from pgrepo.compiler.model import ColumnOrigin, PgType, Table, TableColumn, TypeKind

if TYPE_CHECKING:
    import psycopg

_KINDS = {
    "b": TypeKind.BASE,
    "c": TypeKind.COMPOSITE,
    "d": TypeKind.DOMAIN,
    "e": TypeKind.ENUM,
    "m": TypeKind.MULTIRANGE,
    "p": TypeKind.PSEUDO,
    "r": TypeKind.RANGE,
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function or aggregate."""

    name: str
    builtin: bool
    strict: bool
    volatile: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator."""

    name: str
    builtin: bool
    equality_of: frozenset[int]  # the btree operator families whose equality it is


@dataclass(slots=True)
class Relation:
    """A table, view or composite type.

    Attributes:
        keys: what determines a row: (column number, operator family of the index) pairs.
        may_drop_inserts: a BEFORE INSERT row trigger may make the row vanish.
        may_drop_updates: likewise for UPDATE.
        changes_inserts: something may change a row that is being inserted: a BEFORE row trigger,
            or the server on which a foreign table lies.
        changes_updates: likewise for UPDATE.
        generated: the numbers of the columns that are computed from others.
    """

    oid: int
    schema: str
    name: str
    kind: str
    row_security: bool
    comment: str | None
    columns: dict[int, TableColumn] = field(default_factory=dict)
    keys: list[frozenset[tuple[int, int]]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    may_drop_inserts: bool = False
    may_drop_updates: bool = False
    changes_inserts: bool = False
    changes_updates: bool = False
    generated: set[int] = field(default_factory=set)

    def origin(self, attnum: int) -> ColumnOrigin:
        """The column in the terms of the model."""
        return ColumnOrigin(self.schema, self.name, self.columns[attnum].name)


class Catalog:
    """A snapshot of one database's catalog."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        with connection.cursor(row_factory=dict_row) as cursor:
            self._type_rows = {row["oid"]: row for row in cursor.execute(queries.TYPES)}
            self._types: dict[int, PgType] = {}
            self.relations: dict[int, Relation] = {}
            columns = cursor.execute(queries.COLUMNS).fetchall()
        with connection.cursor() as cursor:
            self.functions = {
                oid: Function(*rest) for oid, *rest in cursor.execute(queries.FUNCTIONS)
            }
            self.operators = {
                oid: Operator(name, builtin, frozenset(equality_of))
                for oid, name, builtin, equality_of in cursor.execute(queries.OPERATORS)
            }
            self.loose_collations = frozenset(
                row[0] for row in cursor.execute(queries.LOOSE_COLLATIONS)
            )
            keys = cursor.execute(queries.KEYS).fetchall()
            foreign_keys = cursor.execute(queries.FOREIGN_KEYS).fetchall()
            triggers = cursor.execute(queries.TRIGGERS).fetchall()
            checks = cursor.execute(queries.CHECKS).fetchall()
        # None is enforced on foreign tables.
        foreign = {row["relid"] for row in columns if row["has_foreign_rows"]}
        checks = [check for check in checks if check[0] not in foreign]
        choices = _choices(checks, self.loose_collations)
        full = {(relid, attnum) for relid, tree in checks for attnum in arrays_without_null(tree)}
        self._composites: dict[int, list[tuple[str, int, str | None]]] = {}
        for row in columns:
            entry = (row["name"], row["type"], row["comment"])
            self._composites.setdefault(row["relid"], []).append(entry)
        for row in columns:
            place = row["relid"], row["attnum"]
            self._add_column(row, choices.get(place, ()), holds_no_null=place in full)
        for relid, pairs in keys:
            if relid in self.relations:
                self.relations[relid].keys.append(frozenset(map(tuple, pairs)))
        for relid, target, columns, referenced, operators in foreign_keys:
            if relid in self.relations:
                pairs = frozenset(zip(columns, referenced, strict=True))
                key = ForeignKey(target, pairs, frozenset(operators))
                self.relations[relid].foreign_keys.append(key)
        for relid, *trigger in triggers:
            if relid in self.relations:
                self._add_trigger(self.relations[relid], *trigger)

    def _add_column(
        self, row: dict[str, Any], choices: tuple[str, ...], *, holds_no_null: bool
    ) -> None:
        relation = self.relations.setdefault(
            row["relid"],
            Relation(
                oid=row["relid"],
                schema=row["schema"],
                name=row["table"],
                kind=row["relkind"],
                row_security=row["row_security"],
                comment=row["table_comment"],
                changes_inserts=row["has_foreign_rows"],
                changes_updates=row["has_foreign_rows"],
            ),
        )
        relation.columns[row["attnum"]] = TableColumn(
            name=row["name"],
            pg_type=self.type(row["type"]),
            nullable=not row["not_null"],
            has_default=row["has_default"] or row["has_identity"],
            comment=row["comment"],
            choices=choices,
            holds_no_null=holds_no_null,
        )

        if row["is_generated"]:
            relation.generated.add(row["attnum"])

    @staticmethod
    def _add_trigger(
        relation: Relation, on_insert: bool, on_update: bool, language: str, body: str
    ) -> None:
        relation.changes_inserts |= on_insert
        relation.changes_updates |= on_update
        if not surely_returns_new(language, body):
            relation.may_drop_inserts |= on_insert
            relation.may_drop_updates |= on_update

    def type(self, oid: int) -> PgType:
        """The type with this OID.

        Raises:
            KeyError: there is none.
        """
        if oid not in self._types:
            self._types[oid] = self._read_type(self._type_rows[oid])
        return self._types[oid]

    def _read_type(self, row: dict[str, Any]) -> PgType:
        kind = TypeKind.ARRAY if row["is_array"] else _KINDS[row["typtype"]]
        inner = row["elem"] if row["is_array"] else row["base"] or row["subtype"]
        fields = self._composites.get(row["relid"], []) if kind is TypeKind.COMPOSITE else []
        return PgType(
            oid=row["oid"],
            name=row["name"],
            schema=row["schema"],
            kind=kind,
            element=self.type(inner) if inner else None,
            labels=tuple(row["labels"] or ()),
            fields=tuple((name, self.type(oid)) for name, oid, _ in fields),
            comment=row["comment"],
            field_comments=tuple(comment for _, _, comment in fields),
        )

    def array_of(self, oid: int) -> int:
        """The OID of the array type with these elements, of an array its own; 0 for none."""
        row = self._type_rows.get(oid)
        return 0 if row is None else oid if row["is_array"] else row["array"]

    def quote(self, names: list[str]) -> list[str]:
        """Identifiers as they must be written, in quotes where the server wants them."""
        rows = self._connection.execute(
            "SELECT quote_ident(n) FROM unnest(%s::text[]) WITH ORDINALITY AS x(n, o) ORDER BY o",
            (names,),
        )
        return [row[0] for row in rows]

    def column(self, origin: ColumnOrigin) -> TableColumn | None:
        """The table column that the model names."""
        for relation in self.relations.values():
            if (relation.schema, relation.name) == (origin.schema, origin.table):
                for column in relation.columns.values():
                    if column.name == origin.column:
                        return column
        return None

    def type_names(self) -> list[str]:
        """The names of all types that can be written in a statement."""
        return [row["name"] for row in self._type_rows.values() if row["typtype"] != "p"]

    def labels(self, enum: str) -> list[str]:
        """The values of an enum, given its name as `format_type` prints it; none if there is none.

        Args:
            enum: such as "shop.status".
        """
        rows = (row for row in self._type_rows.values() if row["name"] == enum)
        return [label for row in rows for label in row["labels"] or ()]

    def tables(self) -> tuple[Table, ...]:
        """The tables and views outside the system's schemas, by name."""
        found = [
            Table(
                schema=relation.schema,
                name=relation.name,
                columns=tuple(relation.columns.values()),
                comment=relation.comment,
            )
            for relation in self.relations.values()
            if relation.kind != "c"
        ]
        return tuple(sorted(found, key=lambda table: (table.schema, table.name)))

    def schema_comment(self, schema: str) -> str | None:
        """The COMMENT of a schema."""
        row = self._connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s",
            (schema,),
        ).fetchone()
        return row[0] if row else None


def _choices(
    checks: list[Any], loose_collations: frozenset[int]
) -> dict[tuple[int, int], tuple[str, ...]]:
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for relid, tree in checks:
        allowed = allowed_values(tree, loose_collations)
        if allowed is not None:
            found[relid, allowed.attnum] = allowed.values
    return found
