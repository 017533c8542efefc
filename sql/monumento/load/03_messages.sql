-- step: messages, repeat 20
-- 40 messages a session, 12 seconds apart; each part takes every 20th user.
INSERT INTO monumento.messages (
    id,
    session_id,
    role,
    text,
    timestamp,
    relative_offset,
    created_at
)
SELECT
    md5('monumento message ' || n || ' ' || s || ' ' || m)::uuid,
    md5('monumento session ' || n || ' ' || s)::uuid,
    (ARRAY['user', 'ai'])[1 + m % 2],
    'Message ' || m || ' of session ' || s || ': '
    || repeat('what I remember of it, ', 1 + ((n + s + m) % 8)::integer),
    spoken.started_at + (m - 1) * 12000,
    (m - 1) * 12000,
    to_timestamp((spoken.started_at + (m - 1) * 12000) / 1000.0)
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 100) AS s
CROSS JOIN generate_series(1, 40) AS m
CROSS JOIN LATERAL (
    SELECT
        (
            extract(epoch FROM timestamptz '2026-01-01 00:00:00+00') * 1000
        )::bigint
        - s * 432000000::bigint
        - (n % 1440) * 60000 AS started_at
) AS spoken
ON CONFLICT DO NOTHING;
