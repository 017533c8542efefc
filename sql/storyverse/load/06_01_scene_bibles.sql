-- step: scene bibles, repeat 10
-- After the first version of every scene one more for each of its five segments, in
-- which one character a segment appears. Each part takes every tenth idea's scenes.
WITH moved AS (
    UPDATE storyverse.scenes AS scene
    SET bible_version = 6
    FROM (
        SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
    ) AS ideas (count)
    CROSS JOIN generate_series(
        current_setting('pgrepo.part')::bigint,
        ideas.count,
        current_setting('pgrepo.parts')::bigint
    ) AS n
    CROSS JOIN generate_series(1, 2) AS s
    WHERE
        scene.id = md5('storyverse scene ' || n || ' ' || s)::uuid
        AND scene.bible_version < 6
)
INSERT INTO storyverse.scene_bibles (
    id,
    scene_id,
    version,
    data,
    created_at,
    created_by_segment_id
)
SELECT
    md5('storyverse bible ' || n || ' ' || s || ' ' || k)::uuid,
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    k + 1,
    jsonb_build_object(
        'version',
        k + 1,
        'characters',
        cast_list.characters,
        'setting',
        jsonb_build_object('primaryLocation', 'Location ' || n % 50),
        'timeline',
        jsonb_build_object('currentPoint', 'After segment ' || k),
        'styleGuide',
        jsonb_build_object('tone', (ARRAY['warm', 'dark', 'dry'])[1 + n % 3])
    ),
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + s * interval '5 minutes'
    + k * interval '1 hour'
    + interval '2 minutes',
    md5('storyverse segment ' || n || ' ' || s || ' ' || k)::uuid
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(
    current_setting('pgrepo.part')::bigint,
    ideas.count,
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 2) AS s
CROSS JOIN generate_series(1, 5) AS k
CROSS JOIN LATERAL (
    SELECT
        jsonb_agg(
            jsonb_build_object(
                'entityId',
                'char_' || n || 's' || s || 'c' || c,
                'canonicalName',
                'Character ' || c,
                'introducedInSegment',
                c
            )
            ORDER BY c
        ) AS characters
    FROM generate_series(1, k) AS c
) AS cast_list
ON CONFLICT DO NOTHING;
