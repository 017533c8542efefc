-- The making of monthly partitions.
-- Depends on the tables that have them, and on partition_storage(). What is said here
-- is said of no table in particular: other schemas have this file with their own name.

-- Made apart and attached: this locks out neither readers nor writers of the table, as
-- CREATE TABLE … PARTITION OF would. The tables that its foreign keys refer to cannot
-- be written to until the transaction ends, which nothing spares; so it waits for them
-- shortly only, before whoever writes to them waits for it.
-- The check spares the search for rows that do not fit, and would repeat the bounds of
-- the partition at every INSERT afterwards.
CREATE FUNCTION monumento.attach_partition(
    parent regclass,
    partition_name text,
    key_column text,
    starts_at timestamptz,
    ends_at timestamptz
)
RETURNS void
LANGUAGE plpgsql
SET timezone = 'UTC'
SET lock_timeout = '500ms'
AS $$
DECLARE
    -- A partitioned table has no storage parameters to be copied.
    storage CONSTANT text := monumento.partition_storage(parent);
BEGIN
    -- An identity column is the table's alone: its partitions take part in it.
    EXECUTE format(
        'CREATE TABLE monumento.%I (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)',
        partition_name,
        parent
    );
    EXECUTE format(
        'ALTER TABLE monumento.%1$I ADD CONSTRAINT %2$I CHECK (
            %3$I IS NOT NULL AND %3$I >= %4$L AND %3$I < %5$L
        )',
        partition_name, 'monthly_bounds', key_column, starts_at, ends_at
    );
    IF storage IS NOT NULL THEN
        EXECUTE format('ALTER TABLE monumento.%I SET (%s)', partition_name, storage);
    END IF;
    -- Policies are those of the table that is named. Whoever names the partition meets
    -- none, and so no row; its owner alone, who archives it, meets all of them.
    IF (
        SELECT class.relrowsecurity
        FROM pg_catalog.pg_class AS class
        WHERE class.oid = parent
    ) THEN
        EXECUTE format(
            'ALTER TABLE monumento.%I ENABLE ROW LEVEL SECURITY', partition_name
        );
    END IF;
    EXECUTE format(
        'ALTER TABLE %s ATTACH PARTITION monumento.%I FOR VALUES FROM (%L) TO (%L)',
        parent, partition_name, starts_at, ends_at
    );
    EXECUTE format(
        'ALTER TABLE monumento.%I DROP CONSTRAINT %I', partition_name, 'monthly_bounds'
    );
END;
$$;

-- There is no DEFAULT partition: attaching a month would have to search it under a
-- lock. A row beyond the last month is refused, so months are made ahead.
CREATE FUNCTION monumento.create_monthly_partition(
    table_name text,
    year integer,
    month integer
)
RETURNS text
LANGUAGE plpgsql
SET timezone = 'UTC'
AS $$
DECLARE
    parent CONSTANT regclass := to_regclass(format('monumento.%I', table_name));
    partition_name CONSTANT text := format(
        '%s_%s_%s', table_name, lpad(year::text, 4, '0'), lpad(month::text, 2, '0')
    );
    existing regclass;
    key_column text;
    starts_at timestamptz;
    ends_at timestamptz;
BEGIN
    IF (month BETWEEN 1 AND 12 AND year BETWEEN 1 AND 9999) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('there is no month %s of the year %s', month, year);
    END IF;
    starts_at := make_timestamptz(year, month, 1, 0, 0, 0, 'UTC');
    ends_at := starts_at + interval '1 month';

    SELECT attribute.attname
    INTO key_column
    FROM pg_catalog.pg_partitioned_table AS partitioned
    INNER JOIN pg_catalog.pg_attribute AS attribute
        ON
            attribute.attrelid = partitioned.partrelid
            AND attribute.attnum = partitioned.partattrs[0]
    WHERE
        partitioned.partrelid = parent
        AND partitioned.partstrat = 'r'
        AND partitioned.partnatts = 1
        AND attribute.atttypid = 'timestamptz'::regtype;
    IF key_column IS NULL OR octet_length(partition_name) > 63 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'wrong_object_type',
            MESSAGE = format(
                'monumento.%I is not a table with monthly partitions', table_name
            ),
            HINT = 'Monthly means PARTITION BY RANGE of one timestamptz column.';
    END IF;

    -- One maker at a time, and only where there is something to make. Asked of pg_class
    -- itself: to_regclass() goes on answering what it answered before the wait.
    FOR attempt IN 1..2 LOOP
        SELECT class.oid
        INTO existing
        FROM pg_catalog.pg_class AS class
        WHERE
            class.relname = partition_name
            AND class.relnamespace = 'monumento'::regnamespace;
        EXIT WHEN existing IS NOT NULL OR attempt = 2;
        PERFORM pg_advisory_xact_lock(
            hashtextextended('pgrepo partition', parent::oid::bigint)
        );
    END LOOP;
    IF existing IS NOT NULL THEN
        IF EXISTS (
            SELECT 1
            FROM pg_catalog.pg_inherits AS inherits
            WHERE
                inherits.inhrelid = existing
                AND inherits.inhparent = parent
        ) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_table',
            MESSAGE = format(
                'monumento.%I exists and is not a partition of %s',
                partition_name, parent
            ),
            HINT = 'Attach it, or rename it.';
    END IF;

    FOR attempt IN 1..20 LOOP
        BEGIN
            PERFORM monumento.attach_partition(
                parent, partition_name, key_column, starts_at, ends_at
            );
            EXIT;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                IF attempt = 20 THEN
                    RAISE;
                END IF;
        END;
        -- Those who queued behind may pass.
        PERFORM pg_sleep(0.1 + 0.4 * random());
    END LOOP;
    RETURN partition_name;
END;
$$;

CREATE FUNCTION monumento.ensure_partitions(months_ahead integer DEFAULT 3)
RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    wanted record;
    made text;
BEGIN
    FOR wanted IN
        SELECT
            class.relname AS table_name,
            this_month + months * interval '1 month' AS begins
        FROM pg_catalog.pg_partitioned_table AS partitioned
        INNER JOIN pg_catalog.pg_class AS class ON class.oid = partitioned.partrelid
        INNER JOIN pg_catalog.pg_attribute AS attribute
            ON
                attribute.attrelid = partitioned.partrelid
                AND attribute.attnum = partitioned.partattrs[0]
        CROSS JOIN generate_series(0, months_ahead) AS months
        WHERE
            class.relnamespace = 'monumento'::regnamespace
            AND NOT class.relispartition
            AND partitioned.partstrat = 'r'
            AND partitioned.partnatts = 1
            AND attribute.atttypid = 'timestamptz'::regtype
        ORDER BY class.relname, months
    LOOP
        made := monumento.create_monthly_partition(
            wanted.table_name,
            extract(year FROM wanted.begins)::integer,
            extract(month FROM wanted.begins)::integer
        );
        IF made IS NOT NULL THEN
            RETURN NEXT made;
        END IF;
    END LOOP;
END;
$$;

COMMENT ON FUNCTION monumento.attach_partition(
    regclass, text, text, timestamptz, timestamptz
) IS
    'Makes a partition; create_monthly_partition() knows which.';
COMMENT ON FUNCTION monumento.create_monthly_partition(text, integer, integer) IS
    'Makes the partition of a month (UTC) and returns its name; NULL if it is there.';
COMMENT ON FUNCTION monumento.ensure_partitions(integer) IS
    'Makes the partitions of this month and of months ahead, for every table with '
    'monthly ones, and returns the names of those that were missing. Safe to repeat, '
    'and from many sessions at once.';
