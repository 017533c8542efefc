-- step: jobs, repeat 4
-- 200 jobs a user in three queues, every tenth without a user: one in 100 waiting, one
-- in 50 failed, the others completed. Each part takes every fourth user.
INSERT INTO littlemonster.jobs (
    id,
    user_id,
    queue,
    job_type,
    payload,
    result,
    priority,
    status,
    progress,
    run_at,
    retry_count,
    lease,
    claimed_by,
    error_code,
    created_at,
    started_at,
    finished_at
)
SELECT
    md5('littlemonster job ' || n || ' ' || j)::uuid,
    CASE WHEN j % 10 > 0 THEN md5('littlemonster user ' || n)::uuid END,
    (ARRAY['default', 'mail', 'embeddings'])[1 + j % 3],
    (ARRAY['summarise', 'send_mail', 'embed'])[1 + j % 3],
    jsonb_build_object('number', j),
    CASE WHEN made.status = 'completed' THEN jsonb_build_object('ok', TRUE) END,
    (n + j) % 10,
    made.status,
    CASE WHEN made.status = 'completed' THEN 100 ELSE 0 END,
    made.at,
    CASE WHEN made.status = 'failed' THEN 4 ELSE 0 END,
    CASE made.status WHEN 'pending' THEN 0 WHEN 'failed' THEN 4 ELSE 1 END,
    CASE WHEN made.status <> 'pending' THEN 'load worker ' || n % 4 END,
    CASE WHEN made.status = 'failed' THEN 'refused' END,
    made.at,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '1 second' END,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '2 seconds' END
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 200) AS j
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN j <= 2 THEN 'pending'
            WHEN (n + j) % 50 = 0 THEN 'failed'
            ELSE 'completed'
        END AS status,
        timestamptz '2026-01-01 00:00:00+00'
        - j * interval '12 hours'
        - (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
