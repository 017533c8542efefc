-- The tables of a schema that are partitioned by ranges of one column of time, and their
-- partitions in the order of their bounds. One row for each partition, and one for each table
-- that has none. The session's time zone is UTC.
SELECT
    parent.relname,
    parent.oid,
    attribute.attname,
    child_schema.nspname,
    child.relname,
    child.oid,
    bound.starts_at,
    bound.ends_at,
    bound.text = 'DEFAULT',
    inherits.inhdetachpending,
    child.relkind = 'r',
    NULLIF(child.reltuples, -1)::bigint,
    pg_catalog.pg_total_relation_size(child.oid)
FROM pg_catalog.pg_partitioned_table AS partitioned
INNER JOIN pg_catalog.pg_class AS parent ON parent.oid = partitioned.partrelid
INNER JOIN pg_catalog.pg_attribute AS attribute
    ON
        attribute.attrelid = partitioned.partrelid
        AND attribute.attnum = partitioned.partattrs[0]
LEFT JOIN pg_catalog.pg_inherits AS inherits ON inherits.inhparent = parent.oid
LEFT JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
LEFT JOIN pg_catalog.pg_namespace AS child_schema ON child_schema.oid = child.relnamespace
-- FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (MAXVALUE); no quotes, no bound.
LEFT JOIN LATERAL (
    SELECT
        found.text,
        NULLIF(
            pg_catalog.substring(found.text, 'FROM \(''([^'']+)''')::timestamptz, '-infinity'
        ) AS starts_at,
        NULLIF(
            pg_catalog.substring(found.text, 'TO \(''([^'']+)''')::timestamptz, 'infinity'
        ) AS ends_at
    FROM pg_catalog.pg_get_expr(child.relpartbound, child.oid) AS found (text)
) AS bound ON true
WHERE
    parent.relnamespace = %(schema)s::regnamespace
    AND NOT parent.relispartition
    AND partitioned.partstrat = 'r'
    AND partitioned.partnatts = 1
    AND attribute.atttypid IN (
        'pg_catalog.timestamptz'::regtype,
        'pg_catalog.timestamp'::regtype,
        'pg_catalog.date'::regtype
    )
ORDER BY parent.relname, bound.starts_at NULLS FIRST, child.relname
