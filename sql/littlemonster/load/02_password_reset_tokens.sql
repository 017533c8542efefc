-- step: password reset tokens
-- One used token for every tenth user.
INSERT INTO littlemonster.password_reset_tokens (
    id,
    user_id,
    token_hash,
    expires_at,
    used_at,
    created_at
)
SELECT
    md5('littlemonster reset ' || n)::uuid,
    md5('littlemonster user ' || n)::uuid,
    sha256(convert_to('littlemonster reset ' || n, 'UTF8')),
    made.at + interval '1 hour',
    made.at + interval '5 minutes',
    made.at
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN LATERAL (
    SELECT timestamptz '2025-06-01 00:00:00+00' + n * interval '1 minute' AS at
) AS made
WHERE n % 10 = 0
ON CONFLICT DO NOTHING;
