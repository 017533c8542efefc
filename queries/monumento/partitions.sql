-- The monthly partitions of messages.

-- name: ensure_partitions(months_ahead)
-- Makes the partitions of this month and of months ahead that are missing, and returns
-- their names.
-- pgrepo migrate does it at every deploy. Safe to repeat, and from many programs at
-- once; call it outside of a transaction, as nobody writes to sessions while it is not
-- committed.
-- @row MadePartition
-- @param months_ahead = 3
-- @column partition_name not null
SELECT made.partition_name
FROM monumento.ensure_partitions(:months_ahead) AS made (partition_name)
ORDER BY made.partition_name;

-- name: create_monthly_partition(table_name, year, month)$
-- Makes the partition of a month (UTC), also a past one, and returns its name; none if
-- it is there.
-- @param table_name: str
-- @param year: int
-- @param month: int
SELECT monumento.create_monthly_partition(:table_name, :year, :month);

-- name: partitions()
-- Returns every partition with its table, its bounds and its size in bytes, indexes
-- included, oldest first.
-- @row Partition
-- @column table_name not null
-- @column partition_name not null
-- @column bounds not null
SELECT
    parent.relname::text AS table_name,
    child.relname::text AS partition_name,
    pg_get_expr(child.relpartbound, child.oid) AS bounds,
    pg_total_relation_size(child.oid) AS total_bytes
FROM pg_catalog.pg_inherits AS inherits
INNER JOIN pg_catalog.pg_class AS parent ON parent.oid = inherits.inhparent
INNER JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
WHERE
    parent.relnamespace = 'monumento'::regnamespace
    AND parent.relkind = 'p'
ORDER BY parent.relname, child.relname;
