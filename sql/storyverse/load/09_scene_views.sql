-- step: scene views, repeat 20
-- One scene in 100 has 100 views, the next 50, and so on down to one; half of them by
-- nobody who is logged in. Each part takes every 20th idea's scenes.
INSERT INTO storyverse.scene_views (
    id,
    scene_id,
    user_id,
    ip_hash,
    created_at
)
SELECT
    md5('storyverse view ' || n || ' ' || s || ' ' || v)::uuid,
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    CASE
        WHEN v % 2 = 0
            THEN md5('storyverse user ' || 1 + (n * 37 + v) % ideas.count)::uuid
    END,
    CASE
        WHEN v % 2 = 1
            THEN encode(sha256(convert_to('load ' || n * 7 + v, 'UTF8')), 'hex')
    END,
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + s * interval '5 minutes'
    + v * interval '1 hour'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(
    current_setting('pgrepo.part')::bigint,
    ideas.count,
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 2) AS s
CROSS JOIN LATERAL generate_series(1, 100 / (1 + (n / 10 + s * 37) % 100)) AS v
ON CONFLICT DO NOTHING;
