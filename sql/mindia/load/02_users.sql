-- step: users
-- 20 accounts a tenant: one admin, four viewers, one of them closed. Everybody has an
-- account in five tenants of ten.
INSERT INTO mindia.users (
    id,
    tenant_id,
    email,
    password_hash,
    role,
    is_active,
    created_at,
    updated_at,
    last_login_at
)
SELECT
    md5('mindia user ' || n || ' ' || u)::uuid,
    md5('mindia tenant ' || n)::uuid,
    'user' || u || '.' || n / 10 || '.' || n % 2 || '@load.example.com',
    md5('mindia password ' || n || ' ' || u),
    CASE
        WHEN u = 1 THEN 'admin'::mindia.user_role
        WHEN u % 5 = 0 THEN 'viewer'::mindia.user_role
        ELSE 'member'::mindia.user_role
    END,
    u <> 20,
    made.at,
    made.at,
    CASE WHEN u <> 20 THEN made.at + u * interval '10 days' END
FROM generate_series(
    1, 50 * ceil(current_setting('pgrepo.scale')::numeric)::bigint
) AS n
CROSS JOIN generate_series(1, 20) AS u
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2024-12-15 00:00:00+00'
        + n * interval '1 minute'
        + u * interval '1 hour' AS at
) AS made
ON CONFLICT DO NOTHING;
