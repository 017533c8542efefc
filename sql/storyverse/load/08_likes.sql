-- step: likes, repeat 20
-- One idea in 40 has 40 likes, the next 20, then 13, and so on down to one; of scenes
-- likewise. Each part takes every 20th idea with its scenes.
INSERT INTO storyverse.likes (
    id,
    user_id,
    target_type,
    target_id,
    created_at
)
SELECT
    md5('storyverse like ' || target.name || ' ' || l)::uuid,
    md5('storyverse user ' || 1 + (n * 31 + l * 17) % ideas.count)::uuid,
    target.type,
    md5('storyverse ' || target.name)::uuid,
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + (10 + l) * interval '1 minute'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(
    current_setting('pgrepo.part')::bigint,
    ideas.count,
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN LATERAL (
    VALUES
        ('idea', 'idea ' || n, n / 10),
        ('scene', 'scene ' || n || ' 1', n / 10 + 13),
        ('scene', 'scene ' || n || ' 2', n / 10 + 29)
) AS target (type, name, place)
CROSS JOIN LATERAL generate_series(1, 40 / (1 + target.place % 40)) AS l
ON CONFLICT DO NOTHING;
