-- step: partitions
-- The month that the requests below lie in.
SELECT made.partition_name
FROM (
    SELECT mindia.create_monthly_partition('request_logs', 2025, 12) AS partition_name
) AS made
WHERE made.partition_name IS NOT NULL;
