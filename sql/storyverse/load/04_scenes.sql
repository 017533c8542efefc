-- step: scenes
-- Two scenes for each idea, five and ten minutes after it. One in 20 is locked, one in
-- 50 hidden or removed.
INSERT INTO storyverse.scenes (
    id,
    idea_id,
    user_id,
    topic_id,
    title,
    description,
    status,
    created_at,
    updated_at
)
SELECT
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    md5('storyverse idea ' || n)::uuid,
    md5('storyverse user ' || 1 + (n * 104729 + s) % ideas.count)::uuid,
    md5('storyverse topic ' || n % 10)::uuid,
    'Load Scene ' || s || ' of Idea ' || n,
    repeat('It begins like this. ', (1 + n % 4)::integer),
    CASE
        WHEN (n / 10 + s) % 20 = 3 THEN 'locked'
        WHEN (n / 10 + s) % 100 = 11 THEN 'hidden'
        WHEN (n / 10 + s) % 100 = 82 THEN 'removed'
        ELSE 'active'
    END,
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + s * interval '5 minutes',
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + s * interval '5 minutes'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(ideas.count, 1, -1) AS n
CROSS JOIN generate_series(1, 2) AS s
ON CONFLICT DO NOTHING;
