-- step: ideas
-- 1,000 ideas at scale 1, a quarter of an hour apart, up to the end of 2025. One in ten
-- has no category, one in 50 is hidden or removed, one in 40 rejected; of the newest
-- 1,000, every 25th waits to be reviewed.
INSERT INTO storyverse.ideas (
    id,
    user_id,
    topic_id,
    category_id,
    title,
    prompt,
    tags,
    status,
    moderation_status,
    created_at,
    updated_at
)
SELECT
    md5('storyverse idea ' || n)::uuid,
    md5('storyverse user ' || 1 + (n * 7919) % users.count)::uuid,
    md5('storyverse topic ' || n % 10)::uuid,
    CASE
        WHEN place.in_topic % 10 > 0
            THEN md5(
                'storyverse category ' || n % 10 || ' ' || place.in_topic / 10 % 5
            )::uuid
    END,
    'Load Idea ' || n,
    'Idea ' || n || ': '
    || repeat('and then something else happens, ', (1 + n % 5)::integer),
    ARRAY['genre ' || place.in_topic % 7, 'tag ' || place.in_topic % 97],
    CASE
        WHEN place.in_topic % 100 = 17 THEN 'hidden'
        WHEN place.in_topic % 100 = 63 THEN 'removed'
        ELSE 'active'
    END,
    CASE
        WHEN n < 1000 AND place.in_topic % 25 = 8 THEN 'pending'
        WHEN place.in_topic % 40 = 21 THEN 'rejected'
        ELSE 'approved'
    END,
    timestamptz '2026-01-01 00:00:00+00' - n * interval '15 minutes',
    timestamptz '2026-01-01 00:00:00+00' - n * interval '15 minutes'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS users (count)
CROSS JOIN generate_series(users.count, 1, -1) AS n
CROSS JOIN LATERAL (SELECT n / 10) AS place (in_topic)
ON CONFLICT DO NOTHING;
