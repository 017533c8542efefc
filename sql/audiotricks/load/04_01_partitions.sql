-- step: partitions
-- The two years that the entries below lie in.
SELECT made.partition_name
FROM (
    SELECT
        audiotricks.create_monthly_partition(
            'audio_history',
            extract(year FROM month.begins)::integer,
            extract(month FROM month.begins)::integer
        ) AS partition_name
    FROM generate_series(
        timestamp '2023-12-01 00:00:00',
        timestamp '2025-12-01 00:00:00',
        interval '1 month'
    ) AS month (begins)
) AS made
WHERE made.partition_name IS NOT NULL;
