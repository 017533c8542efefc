-- step: transcriptions, repeat 4
-- One for each completed transcription job; each part takes every fourth user.
INSERT INTO littlemonster.transcriptions (
    id,
    user_id,
    job_id,
    title,
    language,
    model,
    text,
    segments,
    confidence,
    duration_ms,
    created_at,
    updated_at
)
SELECT
    md5('littlemonster transcription ' || n || ' ' || j)::uuid,
    md5('littlemonster user ' || n)::uuid,
    md5('littlemonster transcription job ' || n || ' ' || j)::uuid,
    'Lecture ' || j,
    (ARRAY['en', 'en', 'es', 'sw'])[1 + (n + j) % 4],
    'load-speech',
    'Lecture ' || j || ' of user ' || n || ': '
    || repeat('what was said in it, ', 50 + ((n + j) % 50)::integer),
    jsonb_build_array(
        jsonb_build_object('start', 0, 'end', 4000, 'text', 'Lecture ' || j)
    ),
    0.5 + ((n + j) % 50) / 100.0,
    (5 + (n * 7 + j * 13) % 55)::integer * 60000,
    made.at,
    made.at
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(2, 40) AS j
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-01-01 00:00:40+00'
        - j * interval '3 days'
        - (n % 1440) * interval '1 minute' AS at
) AS made
WHERE (n + j) % 25 > 0
ON CONFLICT DO NOTHING;
