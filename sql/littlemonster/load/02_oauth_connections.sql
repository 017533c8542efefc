-- step: oauth connections
-- One for each user without a password, and for every fifth of the others.
INSERT INTO littlemonster.oauth_connections (
    id,
    user_id,
    provider,
    provider_user_id,
    provider_email,
    last_login_at,
    created_at,
    updated_at
)
SELECT
    md5('littlemonster connection ' || n)::uuid,
    md5('littlemonster user ' || n)::uuid,
    (ARRAY['google', 'microsoft', 'github'])[1 + n % 7 % 3],
    'load-' || n,
    'user' || n || '@load.example.com',
    timestamptz '2025-12-31 00:00:00+00' - (n % 30) * interval '1 day',
    timestamptz '2025-01-01 00:00:00+00' + n * interval '1 minute',
    timestamptz '2025-01-01 00:00:00+00' + n * interval '1 minute'
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
WHERE
    n % 3 = 0
    OR n % 5 = 0
ON CONFLICT DO NOTHING;
