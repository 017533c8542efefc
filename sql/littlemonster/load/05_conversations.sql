-- step: conversations
-- 50 conversations a user, two days apart; one in ten archived, every other one about a
-- material.
INSERT INTO littlemonster.conversations (
    id,
    user_id,
    study_material_id,
    title,
    status,
    last_activity_at,
    created_at,
    updated_at
)
SELECT
    md5('littlemonster conversation ' || n || ' ' || c)::uuid,
    md5('littlemonster user ' || n)::uuid,
    CASE
        WHEN c % 2 = 0 THEN md5('littlemonster material ' || n || ' ' || c)::uuid
    END,
    'Questions ' || c,
    CASE WHEN (n + c) % 10 = 0 THEN 'archived' ELSE 'active' END,
    made.at,
    made.at,
    made.at
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN generate_series(1, 50) AS c
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-01-01 00:00:00+00'
        - c * interval '2 days'
        - (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
