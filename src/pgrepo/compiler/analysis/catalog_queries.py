"""What is asked of PostgreSQL's catalog, for `catalog`."""

from __future__ import annotations

TYPES = """
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
COLUMNS = f"""{_FAMILY}
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
KEYS = """
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
FOREIGN_KEYS = """
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

CHECKS = """
SELECT k.conrelid AS relid, k.conbin::text AS tree
FROM pg_constraint AS k
JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE k.contype = 'c' AND k.convalidated AND NOT k.connoinherit AND k.conrelid <> 0
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""

FUNCTIONS = """
SELECT p.oid, p.proname AS name, n.nspname = 'pg_catalog' AS builtin, p.proisstrict AS strict,
    p.provolatile = 'v' AS volatile
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
"""

# An index promises uniqueness in the sense of the equality operators of its own family (403 is
# btree, and its strategy 3 is equality).
OPERATORS = """
SELECT o.oid, o.oprname AS name, n.nspname = 'pg_catalog' AS builtin, ARRAY(
    SELECT a.amopfamily FROM pg_amop AS a
    WHERE a.amopopr = o.oid AND a.amopmethod = 403 AND a.amopstrategy = 3
) AS equality_of
FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace
"""

# BEFORE row triggers, which may drop the row (tgtype: 1 row, 2 before, 4 insert, 16 update).
TRIGGERS = f"""{_FAMILY}
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
LOOSE_COLLATIONS = "SELECT oid FROM pg_collation WHERE NOT collisdeterministic"
