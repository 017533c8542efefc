"""What the analysis must know of the catalog, read once per scratch database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

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

_TYPES = """
SELECT
    t.oid, format_type(t.oid, NULL) AS name, n.nspname AS schema, t.typtype AS typtype,
    t.typelem AS elem, t.typarray AS "array", t.typbasetype AS base, t.typrelid AS relid,
    t.typsubscript = 'array_subscript_handler'::regproc AS is_array,
    coalesce(r.rngsubtype, m.rngtypid, 0) AS subtype,
    obj_description(t.oid, 'pg_type') AS comment,
    (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
     FROM pg_enum AS e WHERE e.enumtypid = t.oid) AS labels
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
"""

# A NOT NULL that is not validated (18) proves nothing, one on a foreign table is only a promise,
# and a child of plain inheritance may lack its parent's.
_FAMILY = """
WITH RECURSIVE family AS (
    SELECT c.oid AS root, c.oid AS member FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    UNION ALL
    SELECT f.root, i.inhrelid FROM family AS f JOIN pg_inherits AS i ON i.inhparent = f.member
)
"""
_COLUMNS = f"""{_FAMILY}
SELECT
    EXISTS (
        SELECT FROM family AS f JOIN pg_class AS m ON m.oid = f.member
        WHERE f.root = c.oid AND m.relkind = 'f'
    ) AS has_foreign_rows,
    EXISTS (
        SELECT FROM family AS f JOIN pg_attribute AS b ON b.attrelid = f.member
        WHERE f.root = c.oid AND b.attname = a.attname AND b.attgenerated <> ''
    ) AS is_generated,
    c.oid AS relid, n.nspname AS schema, c.relname AS "table", c.relkind AS relkind,
    c.relrowsecurity AS row_security,
    a.attnum AS attnum, a.attname AS name, a.atttypid AS type, a.atthasdef AS has_default,
    a.attidentity <> '' AS has_identity,
    col_description(c.oid, a.attnum) AS comment,
    obj_description(c.oid, 'pg_class') AS table_comment,
    NOT EXISTS (
        SELECT FROM family AS f
        JOIN pg_class AS m ON m.oid = f.member
        JOIN pg_attribute AS b ON b.attrelid = f.member AND b.attname = a.attname
        WHERE f.root = c.oid
            AND (NOT b.attnotnull OR m.relkind = 'f' OR EXISTS (
                SELECT FROM pg_constraint AS k
                WHERE k.conrelid = f.member AND k.contype = 'n'
                    AND k.conkey = ARRAY[b.attnum] AND NOT k.convalidated
            ))
    ) AS not_null
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY c.oid, a.attnum
"""  # noqa: S608 (made of constants)

# Only what is enforced at once and for all rows determines a row; an index of a parent in plain
# inheritance says nothing of its children's rows.
_KEYS = """
SELECT i.indrelid AS relid, (
    SELECT array_agg(ARRAY[k.attnum::oid, o.opcfamily] ORDER BY k.position)
    FROM unnest(i.indkey::int2[], i.indclass::oid[])
        WITH ORDINALITY AS k (attnum, opclass, position)
    JOIN pg_opclass AS o ON o.oid = k.opclass
    WHERE k.position <= i.indnkeyatts
) AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
WHERE (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhparent = c.oid))
    AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
    AND i.indexprs IS NULL
"""

# Those that hold for every row at every moment. An inheritance child's rows are not subject to
# its parent's; a key that references a partitioned table has an entry for each of its partitions,
# none of which holds on its own; 18 can declare a key and not enforce it, and one of periods may
# need several rows; a loose collation of the referenced column finds rows that another equality
# would not.
_FOREIGN_KEYS = """
SELECT
    k.conrelid AS relid, k.confrelid AS target, k.conkey AS columns, k.confkey AS referenced,
    (SELECT array_agg(x.operator)
     FROM unnest(k.conpfeqop) AS e (oid) JOIN pg_operator AS o ON o.oid = e.oid,
         LATERAL (VALUES (o.oid), (o.oprcom)) AS x (operator)) AS operators
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.convalidated AND NOT k.condeferrable
    AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
    AND NOT coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false)
    AND NOT EXISTS (
        SELECT FROM pg_constraint AS p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid
    )
    AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhparent = c.oid))
    AND NOT EXISTS (
        SELECT FROM pg_attribute AS a JOIN pg_collation AS l ON l.oid = a.attcollation
        WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
            AND NOT l.collisdeterministic
    )
"""

_CHECKS = """
SELECT k.conrelid AS relid, k.conbin::text AS tree
FROM pg_constraint AS k
JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE k.contype = 'c' AND k.convalidated AND NOT k.connoinherit AND k.conrelid <> 0
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""

_FUNCTIONS = """
SELECT p.oid, p.proname AS name, n.nspname = 'pg_catalog' AS builtin, p.proisstrict AS strict,
    p.provolatile = 'v' AS volatile
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
"""

# An index promises uniqueness in the sense of the equality operators of its own family (403 is
# btree, and its strategy 3 is equality).
_OPERATORS = """
SELECT o.oid, o.oprname AS name, n.nspname = 'pg_catalog' AS builtin, ARRAY(
    SELECT a.amopfamily FROM pg_amop AS a
    WHERE a.amopopr = o.oid AND a.amopmethod = 403 AND a.amopstrategy = 3
) AS equality_of
FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace
"""

# BEFORE row triggers, which may drop the row (tgtype: 1 row, 2 before, 4 insert, 16 update).
_TRIGGERS = f"""{_FAMILY}
SELECT DISTINCT
    f.root AS relid, (g.tgtype & 4) > 0 AS on_insert, (g.tgtype & 16) > 0 AS on_update,
    l.lanname AS language, p.prosrc AS body
FROM family AS f
JOIN pg_trigger AS g ON g.tgrelid = f.member
JOIN pg_proc AS p ON p.oid = g.tgfoid
JOIN pg_language AS l ON l.oid = p.prolang
WHERE NOT g.tgisinternal AND (g.tgtype & 3) = 3
"""  # noqa: S608 (made of constants)

# Collations under which different texts are equal.
_LOOSE_COLLATIONS = "SELECT oid FROM pg_collation WHERE NOT collisdeterministic"


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
            self._type_rows = {row["oid"]: row for row in cursor.execute(_TYPES)}
            self._types: dict[int, PgType] = {}
            self.relations: dict[int, Relation] = {}
            columns = cursor.execute(_COLUMNS).fetchall()
        with connection.cursor() as cursor:
            self.functions = {oid: Function(*rest) for oid, *rest in cursor.execute(_FUNCTIONS)}
            self.operators = {
                oid: Operator(name, builtin, frozenset(equality_of))
                for oid, name, builtin, equality_of in cursor.execute(_OPERATORS)
            }
            self.loose_collations = frozenset(row[0] for row in cursor.execute(_LOOSE_COLLATIONS))
            keys = cursor.execute(_KEYS).fetchall()
            foreign_keys = cursor.execute(_FOREIGN_KEYS).fetchall()
            triggers = cursor.execute(_TRIGGERS).fetchall()
            checks = cursor.execute(_CHECKS).fetchall()
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
