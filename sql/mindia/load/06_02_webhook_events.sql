-- step: webhook events
-- 100 deliveries to each webhook at scale 1; one in 100 was given up, one in 50 waits.
INSERT INTO mindia.webhook_events (
    id,
    tenant_id,
    webhook_id,
    event_type,
    payload,
    delivery_status,
    retry_count,
    run_at,
    lease,
    claimed_by,
    error_code,
    created_at,
    started_at,
    finished_at
)
SELECT
    -(((n - 1) * 20 + w) * 1000 + e),
    md5('mindia tenant ' || n)::uuid,
    md5('mindia webhook ' || n || ' ' || w)::uuid,
    'image.uploaded',
    jsonb_build_object('number', e),
    made.status,
    CASE made.status WHEN 'failed' THEN 13 ELSE 0 END,
    made.at,
    CASE made.status WHEN 'pending' THEN 0 WHEN 'failed' THEN 13 ELSE 1 END,
    CASE WHEN made.status <> 'pending' THEN 'load courier ' || e % 4 END,
    CASE WHEN made.status = 'failed' THEN 'http_500' END,
    made.at,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '1 second' END,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '2 seconds' END
FROM generate_series(
    1, 50 * ceil(current_setting('pgrepo.scale')::numeric)::bigint
) AS n
CROSS JOIN generate_series(1, 20) AS w
CROSS JOIN generate_series(
    1, LEAST(100, ceil(100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS e
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN (w * 5 + e) % 100 = 41 THEN 'failed'::mindia.delivery_status
            WHEN (w * 3 + e) % 50 = 1 THEN 'pending'::mindia.delivery_status
            ELSE 'delivered'::mindia.delivery_status
        END AS status,
        timestamptz '2025-12-01 00:00:00+00'
        + e * interval '3 hours'
        + w * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
