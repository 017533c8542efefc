-- step: messages, repeat 20
-- 20 messages a conversation, half a minute apart; each part takes every 20th user.
INSERT INTO littlemonster.messages (
    id,
    conversation_id,
    position,
    role,
    content,
    model,
    token_count,
    created_at
)
SELECT
    md5('littlemonster message ' || n || ' ' || c || ' ' || p)::uuid,
    md5('littlemonster conversation ' || n || ' ' || c)::uuid,
    p,
    (ARRAY['assistant', 'user'])[1 + p % 2],
    'Message ' || p || ' of conversation ' || c || ': '
    || repeat('what I want to know, ', 1 + ((n + c + p) % 8)::integer),
    CASE WHEN p % 2 = 0 THEN 'load-chat' END,
    10 + (n + c + p) % 90,
    timestamptz '2026-01-01 00:00:00+00'
    - c * interval '2 days'
    - (n % 1440) * interval '1 minute'
    + p * interval '30 seconds'
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 50) AS c
CROSS JOIN generate_series(1, 20) AS p
ON CONFLICT DO NOTHING;
