-- Three conversations: one about the lecture, with an answer that was read out, one
-- about anything, archived, and one in which nothing was said yet.
INSERT INTO littlemonster.conversations (
    id,
    user_id,
    study_material_id,
    title,
    status,
    last_activity_at,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000501',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000421',
        'Photosynthesis, before the test',
        'active',
        '2026-01-06 17:00:00+00',
        '2026-01-06 17:00:00+00',
        '2026-01-06 17:06:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000502',
        '00000000-0000-4000-8000-000000000001',
        NULL,
        'Learning plan',
        'archived',
        '2025-12-01 18:00:00+00',
        '2025-12-01 18:00:00+00',
        '2025-12-20 18:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000503',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000425',
        NULL,
        'active',
        '2026-01-07 12:05:00+00',
        '2026-01-07 12:05:00+00',
        '2026-01-07 12:05:00+00'
    )
ON CONFLICT DO NOTHING;

INSERT INTO littlemonster.messages (
    id,
    conversation_id,
    position,
    role,
    content,
    model,
    token_count,
    metadata,
    tts_audio_file_id,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000005001',
        '00000000-0000-4000-8000-000000000501',
        1,
        'user',
        'What is left over when a plant makes sugar?',
        NULL,
        10,
        '{}',
        NULL,
        '2026-01-06 17:02:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000005002',
        '00000000-0000-4000-8000-000000000501',
        2,
        'assistant',
        'Oxygen: the lecture says that we breathe it.',
        'sample-chat',
        10,
        '{"sources": ["00000000-0000-4000-8000-000000000421"]}',
        NULL,
        '2026-01-06 17:02:04+00'
    ),
    (
        '00000000-0000-4000-8000-000000005003',
        '00000000-0000-4000-8000-000000000501',
        3,
        'user',
        'Say it all in one sentence.',
        NULL,
        7,
        '{}',
        NULL,
        '2026-01-06 17:04:50+00'
    ),
    (
        '00000000-0000-4000-8000-000000005004',
        '00000000-0000-4000-8000-000000000501',
        4,
        'assistant',
        'Light becomes sugar in the chloroplast.',
        'sample-chat',
        8,
        '{"sources": ["00000000-0000-4000-8000-000000000421"]}',
        '00000000-0000-4000-8000-000000000401',
        '2026-01-06 17:05:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000005005',
        '00000000-0000-4000-8000-000000000502',
        1,
        'system',
        'You plan how to learn, and you keep it short.',
        NULL,
        11,
        '{}',
        NULL,
        '2025-12-01 18:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000005006',
        '00000000-0000-4000-8000-000000000502',
        2,
        'user',
        'Three exams in two weeks. Where do I begin?',
        NULL,
        11,
        '{}',
        NULL,
        '2025-12-01 18:01:00+00'
    )
ON CONFLICT DO NOTHING;
