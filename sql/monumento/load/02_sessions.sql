-- step: sessions
-- 100 sessions a user, five days apart, up to the end of 2025; one in 50 deleted.
INSERT INTO monumento.sessions (
    id,
    user_id,
    vibe,
    mode,
    duration_minutes,
    metadata,
    status,
    created_at,
    updated_at,
    deleted_at
)
SELECT
    md5('monumento session ' || n || ' ' || s)::uuid,
    md5('monumento user ' || n)::uuid,
    (ARRAY['The Historian', 'The Celebrator', 'The Listener'])[1 + (n + s) % 3],
    (ARRAY['Auto-Pilot', 'Director Mode'])[1 + (n + s) % 2],
    5 + (n * 7 + s * 13) % 55,
    jsonb_build_object(
        'topics',
        jsonb_build_array('topic ' || (n * 31 + s) % 1000, 'decade ' || s % 8),
        'photos',
        (n + s) % 6
    ),
    CASE
        WHEN s > 1 THEN 'completed'
        ELSE (ARRAY['draft', 'recording', 'processing', 'completed'])[1 + n % 4]
    END,
    spoken.at,
    spoken.at,
    CASE WHEN (n + s) % 50 = 0 THEN spoken.at + interval '1 day' END
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 100) AS s
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-01-01 00:00:00+00'
        - s * interval '5 days'
        - (n % 1440) * interval '1 minute' AS at
) AS spoken
ON CONFLICT DO NOTHING;
