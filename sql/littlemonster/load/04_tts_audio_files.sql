-- step: generated speech
-- 20 pieces a user, used again up to 19 days later.
INSERT INTO littlemonster.tts_audio_files (
    id,
    user_id,
    text,
    voice,
    settings,
    storage_url,
    file_size_bytes,
    duration_ms,
    created_at,
    last_used_at
)
SELECT
    md5('littlemonster audio ' || n || ' ' || a)::uuid,
    md5('littlemonster user ' || n)::uuid,
    'Card ' || a || ': ' || repeat('say what it means, ', 1 + a % 5),
    (ARRAY['alloy', 'nova'])[1 + a % 2],
    jsonb_build_object('model', 'speech-1', 'speed', 1 + a % 2),
    's3://load/speech/' || n || '/' || a,
    16000 * (1 + a % 5),
    1000 * (1 + a % 5),
    timestamptz '2026-01-01 00:00:00+00' - a * interval '3 days',
    timestamptz '2026-01-01 00:00:00+00'
    - a * interval '3 days'
    + (n % 20) * interval '1 day'
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 20) AS a
ON CONFLICT DO NOTHING;
