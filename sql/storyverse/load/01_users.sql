-- step: users
-- 1,000 users at scale 1; at least one. One in 200 moderates, one in 1,000 is an admin.
INSERT INTO storyverse.users (
    id,
    email,
    password_hash,
    username,
    display_name,
    role,
    email_verified,
    created_at,
    updated_at
)
SELECT
    md5('storyverse user ' || n)::uuid,
    'user' || n || '@load.example.com',
    md5('storyverse password ' || n),
    'load_user_' || n,
    'Load User ' || n,
    CASE
        WHEN n % 1000 = 0 THEN 'admin'
        WHEN n % 200 = 0 THEN 'moderator'
        ELSE 'user'
    END,
    n % 10 > 0,
    timestamptz '2022-01-01 00:00:00+00' + n * interval '1 minute',
    timestamptz '2022-01-01 00:00:00+00' + n * interval '1 minute'
FROM generate_series(
    1, GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
ON CONFLICT DO NOTHING;
