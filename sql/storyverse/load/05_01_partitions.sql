-- step: partitions
-- The months that the jobs and segments below lie in.
SELECT made.partition_name
FROM (
    SELECT
        storyverse.create_monthly_partition(
            parent.name,
            extract(year FROM month.begins)::integer,
            extract(month FROM month.begins)::integer
        ) AS partition_name
    FROM (VALUES ('jobs'), ('segments')) AS parent (name)
    CROSS JOIN generate_series(
        date_trunc(
            'month',
            timestamp '2026-01-01 00:00:00'
            - interval '15 minutes'
            * GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
        ),
        timestamp '2026-01-01 00:00:00',
        interval '1 month'
    ) AS month (begins)
) AS made
WHERE made.partition_name IS NOT NULL;
