-- step: users
-- 100 users at scale 1; at least one.
INSERT INTO monumento.users (
    id,
    email,
    password_hash,
    full_name,
    subscription_tier,
    created_at,
    updated_at
)
SELECT
    md5('monumento user ' || n)::uuid,
    'user' || n || '@load.example.com',
    md5('monumento password ' || n),
    'Load User ' || n,
    (ARRAY['free', 'free', 'express', 'deep-dive', 'legacy'])[1 + n % 5],
    timestamptz '2024-01-01 00:00:00+00' + n * interval '1 minute',
    timestamptz '2024-01-01 00:00:00+00' + n * interval '1 minute'
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
ON CONFLICT DO NOTHING;
