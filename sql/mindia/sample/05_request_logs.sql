-- A minute at the museum: searches, one of which failed, and a login that was refused.
SELECT made.partition_name
FROM (
    SELECT mindia.create_monthly_partition('request_logs', 2026, 1) AS partition_name
) AS made
WHERE made.partition_name IS NOT NULL;

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
VALUES
    (
        -1,
        '00000000-0000-4000-8000-000000000001',
        'POST',
        '/search',
        200,
        41,
        2048,
        96,
        '192.0.2.10',
        'Example/1.0',
        '2026-01-05 09:00:00+00'
    ),
    (
        -2,
        '00000000-0000-4000-8000-000000000001',
        'POST',
        '/search',
        503,
        2002,
        120,
        96,
        '192.0.2.10',
        'Example/1.0',
        '2026-01-05 09:00:05+00'
    ),
    (
        -3,
        '00000000-0000-4000-8000-000000000001',
        'GET',
        '/images/{id}',
        200,
        9,
        2480113,
        0,
        '192.0.2.10',
        'Example/1.0',
        '2026-01-05 09:00:20+00'
    ),
    (
        -4,
        NULL,
        'POST',
        '/login',
        401,
        180,
        64,
        72,
        '198.51.100.7',
        NULL,
        '2026-01-05 09:00:40+00'
    )
ON CONFLICT DO NOTHING;
