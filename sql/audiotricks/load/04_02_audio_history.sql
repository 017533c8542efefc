-- step: audio_history, repeat 10
-- 20 entries a user, one every 36 days up to the end of 2025. The first user has 200
-- more at scale 1, by scale: a history that becomes long. Each part takes every tenth
-- entry.
INSERT INTO audiotricks.audio_history (
    id,
    user_id,
    title,
    audio_url,
    file_size_bytes,
    duration_seconds,
    transcript,
    summary,
    key_moments,
    processing_options,
    created_at
)
SELECT
    md5('audiotricks entry ' || entry.n || ' ' || entry.k)::uuid,
    md5('audiotricks user ' || entry.n)::uuid,
    initcap(word.first) || ' and ' || word.second || ', part ' || entry.k,
    'https://media.example.com/' || entry.n || '/' || entry.k || '.mp3',
    1000000 + (entry.n * 7919 + entry.k * 104729) % 90000000,
    60 + (entry.n * 31 + entry.k * 613) % 7200,
    repeat(
        'We talked about the ' || word.first || ' and then about the ' || word.second
        || '. Nobody had expected that of the ' || word.third || '. ',
        5 + ((entry.n + entry.k) % 20)::integer
    ),
    'How the ' || word.first || ' led to the ' || word.third || '.',
    jsonb_build_array(
        jsonb_build_object(
            'timestamp', '00:00:05',
            'description', 'The ' || word.first,
            'confidence', 0.9
        )
    ),
    jsonb_build_object('language', 'en', 'model', 'whisper-1'),
    entry.created_at
FROM (
    SELECT
        n,
        k,
        timestamptz '2026-01-01 00:00:00+00'
        - k * interval '36 days'
        - n % 86400 * interval '1 second' AS created_at
    FROM generate_series(
        1, GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
    ) AS n
    CROSS JOIN generate_series(1, 20) AS k
    UNION ALL
    SELECT
        1,
        20 + k,
        timestamptz '2026-01-01 00:00:00+00'
        - (k % 20000 + 1) * interval '52 minutes'
        - k / 20000 * interval '1 second'
    FROM generate_series(
        1, (200 * current_setting('pgrepo.scale')::numeric)::bigint
    ) AS k
) AS entry
CROSS JOIN LATERAL (
    SELECT
        names.all_of[1 + (entry.n * 7 + entry.k) % 40] AS first,
        names.all_of[1 + (entry.n * 11 + entry.k * 3) % 40] AS second,
        names.all_of[1 + (entry.n * 13 + entry.k * 17) % 40] AS third
    FROM (
        SELECT
            ARRAY[
                'harbour', 'ledger', 'orchard', 'violin', 'glacier', 'printer',
                'engine', 'bakery', 'canvas', 'satellite', 'meadow', 'archive',
                'lantern', 'bridge', 'microscope', 'river', 'cathedral', 'tunnel',
                'library', 'volcano', 'compass', 'market', 'theatre', 'island',
                'telescope', 'garden', 'railway', 'museum', 'lighthouse', 'desert',
                'factory', 'forest', 'castle', 'workshop', 'valley', 'station',
                'laboratory', 'village', 'mountain', 'ocean'
            ]
    ) AS names (all_of)
) AS word
WHERE
    (entry.n + entry.k) % current_setting('pgrepo.parts')::bigint
    = current_setting('pgrepo.part')::bigint - 1
ON CONFLICT DO NOTHING;
