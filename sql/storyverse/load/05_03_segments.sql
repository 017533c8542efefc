-- step: segments, repeat 10
-- Five segments a scene, by up to three people, each two minutes after its job; one in
-- 100 hidden. Each part takes every tenth idea's scenes.
INSERT INTO storyverse.segments (
    id,
    scene_id,
    user_id,
    job_id,
    sequence,
    input_text,
    expanded_script,
    video_url,
    hls_playlist_url,
    duration,
    resolution,
    file_size,
    bible_version,
    status,
    created_at
)
SELECT
    md5('storyverse segment ' || n || ' ' || s || ' ' || k)::uuid,
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    md5('storyverse user ' || 1 + (n * 31 + k % 3) % ideas.count)::uuid,
    md5('storyverse job ' || n || ' ' || s || ' ' || k)::uuid,
    k,
    'And then, ' || k || ': ' || repeat('something happens. ', 1 + (k % 3)::integer),
    'Script ' || k || ': ' || repeat('It is seen and heard. ', 4 + ((n + k) % 8)::integer),
    'https://media.example.com/' || n || '/' || s || '/' || k || '.mp4',
    'https://media.example.com/' || n || '/' || s || '/' || k || '.m3u8',
    8 + (n * 7 + k * 13) % 22,
    (ARRAY['720p', '1080p'])[1 + n % 2],
    1000000 + (n * 7919 + k * 104729) % 9000000,
    k + 1,
    CASE WHEN (n / 10 + s * 7 + k) % 100 = 50 THEN 'hidden' ELSE 'active' END,
    timestamptz '2026-01-01 00:00:00+00'
    - n * interval '15 minutes'
    + s * interval '5 minutes'
    + k * interval '1 hour'
    + interval '2 minutes'
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
ON CONFLICT DO NOTHING;
