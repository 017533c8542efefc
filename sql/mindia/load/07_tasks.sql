-- step: tasks
-- 2,000 tasks a tenant at scale 1, half of either type; one in 50 waits, one in 100
-- failed.
INSERT INTO mindia.tasks (
    id,
    tenant_id,
    task_type,
    payload,
    status,
    priority,
    retry_count,
    created_at,
    scheduled_for,
    started_at,
    completed_at,
    lease,
    claimed_by,
    error_code
)
SELECT
    md5('mindia task ' || n || ' ' || t)::uuid,
    md5('mindia tenant ' || n)::uuid,
    CASE
        WHEN t % 2 = 0 THEN 'video_transcode'::mindia.task_type
        ELSE 'generate_embedding'::mindia.task_type
    END,
    jsonb_build_object('number', t),
    made.status,
    t / 3 % 10,
    CASE made.status WHEN 'failed' THEN 4 ELSE 0 END,
    made.at,
    made.at,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '1 second' END,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '9 seconds' END,
    CASE made.status WHEN 'pending' THEN 0 WHEN 'failed' THEN 4 ELSE 1 END,
    CASE WHEN made.status <> 'pending' THEN 'load worker ' || t % 4 END,
    CASE WHEN made.status = 'failed' THEN 'unreadable' END
FROM generate_series(
    1, 50 * ceil(current_setting('pgrepo.scale')::numeric)::bigint
) AS n
CROSS JOIN generate_series(
    1, LEAST(2000, ceil(2000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS t
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN t % 100 IN (1, 2) THEN 'pending'::mindia.task_status
            WHEN t % 100 = 53 THEN 'failed'::mindia.task_status
            ELSE 'completed'::mindia.task_status
        END AS status,
        timestamptz '2025-12-01 00:00:00+00' + t * interval '20 minutes' AS at
) AS made
ON CONFLICT DO NOTHING;
