-- step: users
-- 1,000 users at scale 1; at least one. One in 50 has a closed account.
INSERT INTO audiotricks.users (
    id,
    email,
    username,
    password_hash,
    created_at,
    updated_at,
    last_login_at,
    is_active
)
SELECT
    md5('audiotricks user ' || n)::uuid,
    'user' || n || '@load.example.com',
    'load_user_' || n,
    '$2b$12$'
    || left(md5('audiotricks salt ' || n) || md5('audiotricks hash ' || n), 53),
    timestamptz '2022-01-01 00:00:00+00' + n * interval '1 minute',
    timestamptz '2022-01-01 00:00:00+00' + n * interval '1 minute',
    CASE
        WHEN n % 10 > 0
            THEN timestamptz '2026-01-01 00:00:00+00' - n % 100 * interval '1 day'
    END,
    n % 50 > 0
FROM generate_series(
    1, GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
ON CONFLICT DO NOTHING;
