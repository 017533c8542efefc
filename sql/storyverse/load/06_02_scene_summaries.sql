-- step: scene summaries
-- One a scene, of its first three segments.
INSERT INTO storyverse.scene_summaries (
    id,
    scene_id,
    summary,
    segments_covered,
    created_at,
    updated_at
)
SELECT
    md5('storyverse summary ' || n || ' ' || s)::uuid,
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    'So far: ' || repeat('much has happened, ', 2 + (n % 4)::integer) || 'and more will.',
    ARRAY[1, 2, 3],
    timestamptz '2026-01-01 00:00:00+00' - n * interval '15 minutes' + interval '4 hours',
    timestamptz '2026-01-01 00:00:00+00' - n * interval '15 minutes' + interval '4 hours'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(ideas.count, 1, -1) AS n
CROSS JOIN generate_series(1, 2) AS s
ON CONFLICT DO NOTHING;
