-- step: transcription jobs
-- 40 jobs a user, three days apart: one in 40 waiting, one in 25 failed, the others
-- completed.
INSERT INTO littlemonster.transcription_jobs (
    id,
    user_id,
    storage_url,
    file_name,
    mime_type,
    file_size_bytes,
    duration_ms,
    language,
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
    md5('littlemonster transcription job ' || n || ' ' || j)::uuid,
    md5('littlemonster user ' || n)::uuid,
    's3://load/sound/' || n || '/' || j,
    'Lecture ' || j || '.m4a',
    'audio/mp4',
    made.minutes * 480000,
    made.minutes * 60000,
    (ARRAY['en', 'en', 'es', 'sw'])[1 + (n + j) % 4],
    made.status,
    CASE WHEN made.status = 'completed' THEN 100 ELSE 0 END,
    made.at,
    CASE WHEN made.status = 'failed' THEN 4 ELSE 0 END,
    CASE made.status WHEN 'pending' THEN 0 WHEN 'failed' THEN 4 ELSE 1 END,
    CASE WHEN made.status <> 'pending' THEN 'load worker ' || n % 4 END,
    CASE WHEN made.status = 'failed' THEN 'unreadable' END,
    made.at,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '10 seconds' END,
    CASE WHEN made.status <> 'pending' THEN made.at + interval '40 seconds' END
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 40) AS j
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN j = 1 THEN 'pending'
            WHEN (n + j) % 25 = 0 THEN 'failed'
            ELSE 'completed'
        END AS status,
        (5 + (n * 7 + j * 13) % 55)::integer AS minutes,
        timestamptz '2026-01-01 00:00:00+00'
        - j * interval '3 days'
        - (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
