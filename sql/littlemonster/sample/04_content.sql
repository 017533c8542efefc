-- Two pieces of generated speech, three recordings, and six study materials: a lecture
-- on photosynthesis with what came of it, and notes on other subjects. One is still
-- without its embedding.
INSERT INTO littlemonster.tts_audio_files (
    id,
    user_id,
    text,
    voice,
    settings,
    storage_url,
    file_size_bytes,
    duration_ms,
    created_at,
    last_used_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000401',
        '00000000-0000-4000-8000-000000000001',
        'Light becomes sugar in the chloroplast.',
        'nova',
        '{"model": "speech-1", "speed": 1}',
        'https://media.example.com/speech/401.mp3',
        38400,
        2400,
        '2026-01-06 17:05:00+00',
        '2026-01-07 08:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000402',
        '00000000-0000-4000-8000-000000000002',
        'Force is mass times acceleration.',
        'alloy',
        '{"model": "speech-1", "speed": 1.25}',
        'https://media.example.com/speech/402.mp3',
        27200,
        1700,
        '2026-01-05 20:00:00+00',
        '2026-01-05 20:00:00+00'
    )
ON CONFLICT DO NOTHING;

INSERT INTO littlemonster.recordings (
    id,
    user_id,
    title,
    status,
    storage_url,
    mime_type,
    file_size_bytes,
    duration_ms,
    recorded_at,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000411',
        '00000000-0000-4000-8000-000000000001',
        'Biology 101, lecture 4',
        'ready',
        'https://media.example.com/recordings/411.m4a',
        'audio/mp4',
        21600000,
        2700000,
        '2026-01-06 09:00:00+00',
        '2026-01-06 09:50:00+00',
        '2026-01-06 09:52:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000412',
        '00000000-0000-4000-8000-000000000002',
        'Thoughts on the way home',
        'uploading',
        NULL,
        'audio/mp4',
        NULL,
        NULL,
        NULL,
        '2026-01-07 16:20:00+00',
        '2026-01-07 16:20:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000413',
        '00000000-0000-4000-8000-000000000003',
        'Seminar, broken off',
        'failed',
        NULL,
        NULL,
        NULL,
        NULL,
        '2026-01-04 14:00:00+00',
        '2026-01-04 15:30:00+00',
        '2026-01-04 15:31:00+00'
    )
ON CONFLICT DO NOTHING;

-- The embeddings point the way of one of three subjects, and a little to the side, so
-- that a search by meaning has something to tell apart.
INSERT INTO littlemonster.study_materials (
    id,
    user_id,
    recording_id,
    kind,
    title,
    content,
    language,
    metadata,
    embedding,
    embedding_model,
    embedded_at,
    created_at,
    updated_at
)
SELECT
    material.id::uuid,
    material.user_id::uuid,
    material.recording_id::uuid,
    material.kind,
    material.title,
    material.content,
    material.language,
    material.metadata::jsonb,
    embedded.vector,
    CASE WHEN embedded.vector IS NOT NULL THEN 'sample-768' END,
    CASE
        WHEN embedded.vector IS NOT NULL
            THEN material.at::timestamptz + interval '1 minute'
    END,
    material.at::timestamptz,
    material.at::timestamptz
FROM (
    VALUES
        (
            '00000000-0000-4000-8000-000000000421',
            '00000000-0000-4000-8000-000000000001',
            '00000000-0000-4000-8000-000000000411',
            'transcript',
            'Biology 101, lecture 4, on photosynthesis',
            'Plants make sugar of light, water and carbon dioxide. The light is caught '
            'by chlorophyll in the chloroplasts, and the oxygen that we breathe is '
            'what is left over.',
            'english',
            '{"lecture": 4}',
            1,
            1,
            '2026-01-06 10:10:00+00'
        ),
        (
            '00000000-0000-4000-8000-000000000422',
            '00000000-0000-4000-8000-000000000001',
            '00000000-0000-4000-8000-000000000411',
            'summary',
            'Photosynthesis in one paragraph',
            'The light reactions store energy, and the Calvin cycle spends it to build '
            'sugar. Without light the cycle stops.',
            'english',
            '{"lecture": 4}',
            1,
            2,
            '2026-01-06 10:30:00+00'
        ),
        (
            '00000000-0000-4000-8000-000000000423',
            '00000000-0000-4000-8000-000000000001',
            NULL,
            'flashcard',
            'What does chlorophyll do?',
            'It catches light, red and blue best; green it leaves to our eyes.',
            'english',
            '{}',
            1,
            3,
            '2026-01-06 17:00:00+00'
        ),
        (
            '00000000-0000-4000-8000-000000000424',
            '00000000-0000-4000-8000-000000000001',
            NULL,
            'note',
            'French, irregular verbs',
            'Je vais, tu vas, il va ; nous allons, vous allez, ils vont.',
            'french',
            '{"tags": ["verbs"]}',
            2,
            4,
            '2025-12-18 19:00:00+00'
        ),
        (
            '00000000-0000-4000-8000-000000000425',
            '00000000-0000-4000-8000-000000000002',
            NULL,
            'note',
            'The three laws of motion',
            'A body left alone keeps its velocity. Force is mass times acceleration. '
            'Every force has its counterforce.',
            'english',
            '{"tags": ["physics"]}',
            3,
            5,
            '2026-01-05 19:30:00+00'
        ),
        (
            '00000000-0000-4000-8000-000000000426',
            '00000000-0000-4000-8000-000000000002',
            NULL,
            'document',
            'Sheet 7, pendulums',
            'A pendulum of one metre swings to one side in about one second. Why does '
            'its mass not matter?',
            'english',
            '{"pages": 2}',
            NULL,
            6,
            '2026-01-07 12:00:00+00'
        )
) AS material (
    id,
    user_id,
    recording_id,
    kind,
    title,
    content,
    language,
    metadata,
    subject,
    aside,
    at
)
CROSS JOIN LATERAL (
    SELECT
        array_agg(
            cos(axis * material.subject) + cos(axis * material.aside * 17) / 4
            ORDER BY axis
        )::real[]::vector(768) AS vector
    FROM generate_series(1, 768) AS axis
    WHERE material.subject IS NOT NULL
) AS embedded
ON CONFLICT DO NOTHING;
