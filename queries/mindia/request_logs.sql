-- HTTP requests, and what they tell of the service.
--
-- A tenant_id that is not given means every request that the caller may see: in the
-- scope of a tenant its own; for an operator those of all, and of nobody too.

-- name: log_requests(tenant_id, method, path, status_code, response_time_ms, bytes_sent, bytes_received, ip_address, user_agent, created_at)*!
-- Records many requests: all of them or none.
-- A request of a month that has no partition is refused.
-- @row NewRequest
INSERT INTO mindia.request_logs (
    tenant_id,
    method,
    path,
    status_code,
    response_time_ms,
    bytes_sent,
    bytes_received,
    ip_address,
    user_agent,
    created_at
)
VALUES (
    :tenant_id,
    :method,
    :path,
    :status_code,
    :response_time_ms,
    :bytes_sent,
    :bytes_received,
    :ip_address,
    :user_agent,
    :created_at
);

-- name: requests_page(tenant_id, path, status_code, before_created_at, before_id, limit)
-- Returns a page of a tenant's requests, newest first, of one path or with one status
-- if that is given.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    log.id,
    log.tenant_id,
    log.method,
    log.path,
    log.status_code,
    log.response_time_ms,
    log.bytes_sent,
    log.bytes_received,
    log.ip_address,
    log.user_agent,
    log.created_at
FROM mindia.request_logs AS log
WHERE
    log.tenant_id = :tenant_id
    AND log.path = :path  -- @optional
    AND log.status_code = :status_code  -- @optional
    AND (log.created_at, log.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::bigint IS NULL THEN 9223372036854775807
            ELSE :before_id
        END
    )
ORDER BY log.created_at DESC, log.id DESC
LIMIT :limit;

-- name: request_stats(starts_at, ends_at, bucket, tenant_id)
-- Returns how many requests each path had in each bucket of a time, how many of them
-- failed, and how long they took, in the order of the buckets, busiest path first.
-- The time goes from starts_at to before ends_at. Buckets begin at starts_at and are as
-- long as bucket, which counts in days or shorter; empty ones are left out. Failed
-- means a status from 500 on: the fault is not the client's. Percentiles are response
-- times that occurred.
-- @column bucket_starts_at not null
-- @column p50_ms not null
-- @column p95_ms not null
-- @column p99_ms not null
SELECT
    grouped.bucket_starts_at,
    grouped.path,
    grouped.request_count,
    grouped.error_count,
    grouped.error_count::double precision / grouped.request_count AS error_rate,
    grouped.percentiles[1] AS p50_ms,
    grouped.percentiles[2] AS p95_ms,
    grouped.percentiles[3] AS p99_ms
FROM (
    SELECT
        date_bin(
            :bucket::interval, log.created_at, :starts_at::timestamptz
        ) AS bucket_starts_at,
        log.path,
        count(*) AS request_count,
        count(*) FILTER (WHERE log.status_code >= 500) AS error_count,
        percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
            ORDER BY log.response_time_ms
        ) AS percentiles
    FROM mindia.request_logs AS log
    WHERE
        log.created_at >= :starts_at::timestamptz
        AND log.created_at < :ends_at::timestamptz
        AND log.tenant_id = :tenant_id  -- @optional
    GROUP BY 1, log.path
) AS grouped
ORDER BY grouped.bucket_starts_at, grouped.request_count DESC, grouped.path;

-- name: slowest_paths(starts_at, ends_at, min_requests, limit, tenant_id)
-- Returns the paths whose requests took longest in a time, by their 95th percentile.
-- Paths that had fewer than min_requests are left out: one request says little.
-- @column p50_ms not null
-- @column p95_ms not null
-- @column p99_ms not null
-- @param min_requests = 1
-- @param limit = 10
SELECT
    grouped.path,
    grouped.request_count,
    grouped.error_count,
    grouped.percentiles[1] AS p50_ms,
    grouped.percentiles[2] AS p95_ms,
    grouped.percentiles[3] AS p99_ms
FROM (
    SELECT
        log.path,
        count(*) AS request_count,
        count(*) FILTER (WHERE log.status_code >= 500) AS error_count,
        percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
            ORDER BY log.response_time_ms
        ) AS percentiles
    FROM mindia.request_logs AS log
    WHERE
        log.created_at >= :starts_at::timestamptz
        AND log.created_at < :ends_at::timestamptz
        AND log.tenant_id = :tenant_id  -- @optional
    GROUP BY log.path
    HAVING count(*) >= :min_requests
) AS grouped
ORDER BY p95_ms DESC, grouped.path
LIMIT :limit;
