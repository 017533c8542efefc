-- step: users
-- 100 users at scale 1; at least one. One in 20 teaches, one in 50 is suspended.
INSERT INTO littlemonster.users (
    id,
    email,
    password_hash,
    full_name,
    role,
    status,
    email_verified_at,
    last_login_at,
    created_at,
    updated_at
)
SELECT
    md5('littlemonster user ' || n)::uuid,
    'user' || n || '@load.example.com',
    CASE WHEN n % 3 > 0 THEN md5('littlemonster password ' || n) END,
    'Load User ' || n,
    CASE WHEN n % 20 = 0 THEN 'teacher' ELSE 'student' END,
    CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END,
    made.at + interval '5 minutes',
    timestamptz '2025-12-31 00:00:00+00' - (n % 30) * interval '1 day',
    made.at,
    made.at
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN LATERAL (
    SELECT timestamptz '2025-01-01 00:00:00+00' + n * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
