-- step: recordings
-- 20 recordings a user, five days apart; one in 20 still uploading, one in 40 failed.
INSERT INTO littlemonster.recordings (
    id,
    user_id,
    title,
    status,
    storage_url,
    mime_type,
    file_size_bytes,
    duration_ms,
    recorded_at,
    created_at,
    updated_at
)
SELECT
    md5('littlemonster recording ' || n || ' ' || r)::uuid,
    md5('littlemonster user ' || n)::uuid,
    'Lecture ' || r,
    made.status,
    CASE
        WHEN made.status = 'ready' THEN 's3://load/recordings/' || n || '/' || r
    END,
    'audio/mp4',
    made.minutes * 480000::bigint,
    made.minutes * 60000,
    made.at - interval '1 hour',
    made.at,
    made.at
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 20) AS r
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN (n + r) % 20 = 0 THEN 'uploading'
            WHEN (n + r) % 40 = 1 THEN 'failed'
            ELSE 'ready'
        END AS status,
        (5 + (n * 7 + r * 13) % 55)::integer AS minutes,
        timestamptz '2026-01-01 00:00:00+00'
        - r * interval '5 days'
        - (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
