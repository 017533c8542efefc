"""What the checks must know of the schema: its indexes, foreign keys and pieces of code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from pgrepo.compiler.analysis.nodes import Node, read_tree

if TYPE_CHECKING:
    import psycopg

_OWN_SCHEMAS = """
    n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e'
    )
"""
_INDEXES = f"""
SELECT
    i.indexrelid AS oid, i.indrelid AS relid, n.nspname AS schema, t.relname AS "table",
    c.relname AS name, m.amname AS method, c.relispartition AS is_partition,
    c.relkind = 'I' AS is_partitioned,
    i.indisunique AS is_unique, i.indisexclusion AS is_exclusion, i.indimmediate AS is_immediate,
    i.indisvalid AS is_valid, i.indnullsnotdistinct AS nulls_not_distinct,
    i.indisreplident OR i.indisclustered AS is_chosen,
    i.indnkeyatts AS key_count, i.indkey::int2[]::int4[] AS columns,
    i.indclass::oid[] AS classes, i.indcollation::oid[] AS collations,
    i.indoption::int2[]::int4[] AS options, i.indpred::text AS predicate_tree,
    pg_get_expr(i.indpred, i.indrelid) AS predicate, i.indexprs::text AS expression_trees,
    ARRAY(
        SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnatts) AS k
    ) AS parts,
    ARRAY(
        SELECT a.attoptions::text FROM pg_attribute AS a
        WHERE a.attrelid = i.indexrelid ORDER BY a.attnum
    ) AS class_options,
    (SELECT k.conname FROM pg_constraint AS k
     WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) AS "constraint",
    EXISTS (SELECT FROM pg_constraint AS k
            WHERE k.conindid = i.indexrelid AND k.contype = 'f') AS is_referenced
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_am AS m ON m.oid = c.relam
WHERE {_OWN_SCHEMAS}
ORDER BY i.indexrelid
"""  # noqa: S608 (made of constants)

# Those of partitions are copies of their parent's.
_FOREIGN_KEYS = f"""
SELECT k.conname AS name, k.conrelid AS relid, n.nspname AS schema, t.relname AS "table",
    k.conkey::int4[] AS columns, k.confrelid AS referenced
FROM pg_constraint AS k
JOIN pg_class AS t ON t.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND {_OWN_SCHEMAS}
ORDER BY k.oid
"""  # noqa: S608 (made of constants)

# A CHECK on one column: with a key on that column, it may leave room for one row only.
_CHECKS = """
SELECT k.conrelid, k.conkey[1]::int4, k.conbin::text
FROM pg_constraint AS k
WHERE k.contype = 'c' AND cardinality(k.conkey) = 1
"""

# Whatever may read a table without being one of the queries.
_CODE = """
SELECT concat_ws(' ', p.prosrc, pg_get_function_sqlbody(p.oid))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT concat_ws(
    ' ', p.polrelid::regclass::text, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)
)
FROM pg_policy AS p
UNION ALL
SELECT pg_get_viewdef(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True, slots=True)
class Index:
    """An index.

    Attributes:
        keys: its key columns by number, 0 for an expression.
        included: the columns that it merely carries.
        parts: every key as it is written.
        kinds: of every key what else tells it apart: operator class, collation, options.
        options: of every key its direction, as the bits of `indoption`.
        expression_columns: the columns that its expressions read.
        predicate: of a partial index, else None.
        predicate_columns: the columns that the predicate reads.
        predicate_not_null: the columns that the predicate merely demands not to be NULL; None
            where it demands anything else.
        constraint: the constraint that it belongs to.
        is_chosen: it is the table's replica identity, or what it is clustered by.
        is_referenced: a foreign key refers to it.
        is_partition: it is the part of an index that belongs to a partition.
        is_partitioned: it has such parts, and is none itself.
    """

    oid: int
    relid: int
    schema: str
    table: str
    name: str
    method: str
    keys: tuple[int, ...]
    included: frozenset[int]
    parts: tuple[str, ...]
    kinds: tuple[tuple[object, ...], ...]
    options: tuple[int, ...]
    expression_columns: frozenset[int]
    predicate: str | None
    predicate_columns: frozenset[int]
    predicate_not_null: frozenset[int] | None
    constraint: str | None
    is_unique: bool
    is_exclusion: bool
    is_immediate: bool
    is_valid: bool
    nulls_not_distinct: bool
    is_chosen: bool
    is_referenced: bool
    is_partition: bool
    is_partitioned: bool

    @property
    def quoted_table(self) -> str:
        """Its table as it is written in a statement."""
        return sql.Identifier(self.schema, self.table).as_string()

    @property
    def read_columns(self) -> frozenset[int]:
        """The columns that its keys are made of."""
        return frozenset(self.keys) - {0} | self.expression_columns


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; `referenced` is the OID of the table that it refers to."""

    name: str
    relid: int
    schema: str
    table: str
    columns: tuple[int, ...]
    referenced: int


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema as the checks see it.

    Attributes:
        checks: the CHECK constraints on one column: (table, column, tree).
        code: the texts of functions, policies and views.
    """

    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: tuple[tuple[int, int, Node], ...]
    code: tuple[str, ...]


def read_schema(connection: psycopg.Connection[Any]) -> Schema:
    """Reads it off the catalog of a scratch database."""
    with connection.cursor(row_factory=dict_row) as cursor:
        indexes = tuple(_index(row) for row in cursor.execute(_INDEXES))
        foreign_keys = tuple(
            ForeignKey(**{**row, "columns": tuple(row["columns"])})
            for row in cursor.execute(_FOREIGN_KEYS)
        )
    with connection.cursor() as cursor:
        checks = cursor.execute(_CHECKS).fetchall()
        code = cursor.execute(_CODE).fetchall()
    return Schema(
        indexes=indexes,
        foreign_keys=foreign_keys,
        checks=tuple((relid, attnum, read_tree(tree)) for relid, attnum, tree in checks),
        code=tuple(text for (text,) in code),
    )


def _index(row: dict[str, Any]) -> Index:
    count, columns = row.pop("key_count"), row.pop("columns")
    classes, collations = row.pop("classes"), row.pop("collations")
    class_options = row.pop("class_options")
    trees, predicate = row.pop("expression_trees"), row.pop("predicate_tree")
    return Index(
        **{**row, "parts": tuple(row["parts"][:count]), "options": tuple(row["options"][:count])},
        keys=tuple(columns[:count]),
        included=frozenset(columns[count:]),
        kinds=tuple(zip(classes, collations, class_options, strict=False))[:count],
        expression_columns=_columns_in(trees),
        predicate_columns=_columns_in(predicate),
        predicate_not_null=_demanded(predicate) if predicate else frozenset(),
    )


def _columns_in(trees: str | None) -> frozenset[int]:
    """The columns that expressions read: a list of trees, or one."""
    found = read_tree(trees) if trees else []
    return frozenset(
        part.integer("varattno")
        for tree in (found if isinstance(found, list) else [found])
        for part in tree.walk()
        if part.tag == "VAR"
    )


def _demanded(predicate: str) -> frozenset[int] | None:
    """The columns of a predicate that says `IS NOT NULL` and nothing else."""
    tree = read_tree(predicate)
    conditions = tree.items("args") if tree.tag == "BOOLEXPR" else [tree]
    if tree.tag == "BOOLEXPR" and tree["boolop"] != "and":
        return None
    columns = set()
    for condition in conditions:
        column = condition.node("arg")
        is_plain = condition.tag == "NULLTEST" and condition.integer("nulltesttype") == 1
        if not is_plain or column is None or column.tag != "VAR":
            return None
        columns.add(column.integer("varattno"))
    return frozenset(columns)
