-- step: media files
-- A video and a transcript for each session.
INSERT INTO monumento.media_files (
    id,
    session_id,
    file_type,
    storage_url,
    file_size_bytes,
    duration_seconds,
    mime_type,
    created_at
)
SELECT
    md5('monumento media ' || n || ' ' || s || ' ' || kind.file_type)::uuid,
    md5('monumento session ' || n || ' ' || s)::uuid,
    kind.file_type,
    's3://load/' || n || '/' || s || '/' || kind.file_type,
    kind.bytes_a_minute * (5 + (n * 7 + s * 13) % 55),
    CASE WHEN kind.file_type = 'video' THEN 60 * (5 + (n * 7 + s * 13) % 55) END,
    kind.mime_type,
    timestamptz '2026-01-01 00:00:00+00'
    - s * interval '5 days'
    - (n % 1440) * interval '1 minute'
    + interval '1 hour'
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 100) AS s
CROSS JOIN (
    VALUES
        ('video', 'video/mp4', 36000000::bigint),
        ('transcript', 'text/plain', 900::bigint)
) AS kind (file_type, mime_type, bytes_a_minute)
ON CONFLICT DO NOTHING;
