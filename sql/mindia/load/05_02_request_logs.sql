-- step: request logs, repeat 10
-- 400,000 requests for every unit of scale, spread over December 2025; one in 50
-- failed, one in 40 was nobody's. Response times have a long tail.
INSERT INTO mindia.request_logs (
    id,
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
SELECT
    -n,
    CASE
        WHEN n % 40 > 0
            THEN md5('mindia tenant ' || 1 + (n - 1) / 400000 * 50 + n * n % 50)::uuid
    END,
    asked.method,
    asked.path,
    CASE
        WHEN n % 50 = 7 THEN 503
        WHEN n % 40 = 0 THEN 401
        WHEN n % 25 = 3 THEN 404
        ELSE 200
    END,
    asked.usual_ms * (1 + 400 / (1 + n * 7919 % 397)),
    500 + n * 31 % 20000,
    n * 17 % 2000,
    '192.0.2.' || n % 250,
    'Load/' || 1 + n % 3,
    timestamptz '2025-12-01 00:00:00+00' + (n - 1) % 400000 * interval '6.6 seconds'
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (400000 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
INNER JOIN (
    VALUES
        (0, 'GET', '/images/{id}', 4),
        (1, 'GET', '/images', 9),
        (2, 'POST', '/search', 25),
        (3, 'GET', '/videos/{id}', 5),
        (4, 'POST', '/images', 60)
) AS asked (number, method, path, usual_ms)
    ON asked.number = n * 2654435761 % 4294967296 % 5
ON CONFLICT DO NOTHING;
