-- step: partitions
-- The months that the messages below lie in: those of the sessions.
SELECT made.partition_name
FROM (
    SELECT
        monumento.create_monthly_partition(
            'messages',
            extract(year FROM month.begins)::integer,
            extract(month FROM month.begins)::integer
        ) AS partition_name
    FROM generate_series(
        timestamp '2024-08-01 00:00:00', timestamp '2025-12-01 00:00:00', '1 month'
    ) AS month (begins)
) AS made
WHERE made.partition_name IS NOT NULL;
