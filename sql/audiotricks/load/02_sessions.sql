-- step: sessions
-- Two sessions an open account: one that lasts until 2100 and one that has expired.
INSERT INTO audiotricks.sessions (
    id,
    user_id,
    token_hash,
    expires_at,
    created_at
)
SELECT
    md5('audiotricks session ' || n || ' ' || s)::uuid,
    md5('audiotricks user ' || n)::uuid,
    encode(sha256(('audiotricks session ' || n || ' ' || s)::bytea), 'hex'),
    CASE
        WHEN s = 1 THEN timestamptz '2100-01-01 00:00:00+00'
        ELSE timestamptz '2026-01-01 00:00:00+00'
    END,
    timestamptz '2025-12-01 00:00:00+00' + n * interval '1 second'
FROM generate_series(
    1, GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 2) AS s
WHERE n % 50 > 0
ON CONFLICT DO NOTHING;
