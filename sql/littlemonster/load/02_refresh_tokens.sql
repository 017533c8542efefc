-- step: refresh tokens, repeat 4
-- Two logins a user, renewed every day for 50 days: 98 used tokens and two live ones,
-- which last until the middle of 2026, so that they do not depend on the clock. Each
-- part takes every fourth user.
INSERT INTO littlemonster.refresh_tokens (
    id,
    user_id,
    family_id,
    token_hash,
    user_agent,
    ip_address,
    expires_at,
    used_at,
    replaced_by,
    created_at
)
SELECT
    md5('littlemonster token ' || n || ' ' || f || ' ' || t)::uuid,
    md5('littlemonster user ' || n)::uuid,
    md5('littlemonster family ' || n || ' ' || f)::uuid,
    sha256(convert_to('littlemonster token ' || n || ' ' || f || ' ' || t, 'UTF8')),
    (ARRAY['Load Browser', 'Load Phone'])[f],
    '192.0.2.0'::inet + n % 250,
    made.at + interval '200 days',
    CASE WHEN t < 50 THEN made.at + interval '1 day' END,
    CASE
        WHEN t < 50
            THEN md5('littlemonster token ' || n || ' ' || f || ' ' || t + 1)::uuid
    END,
    made.at
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 2) AS f
CROSS JOIN generate_series(1, 50) AS t
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2025-11-01 00:00:00+00'
        + t * interval '1 day'
        + (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
