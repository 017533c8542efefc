-- A lecture that was transcribed, one that could not be read, and one still waiting.
INSERT INTO littlemonster.transcription_jobs (
    id,
    user_id,
    storage_url,
    file_name,
    mime_type,
    file_size_bytes,
    duration_ms,
    language,
    status,
    progress,
    run_at,
    retry_count,
    lease,
    claimed_by,
    error_code,
    error_message,
    created_at,
    started_at,
    finished_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000201',
        '00000000-0000-4000-8000-000000000001',
        'https://media.example.com/recordings/411.m4a',
        'Biology 101, lecture 4.m4a',
        'audio/mp4',
        21600000,
        2700000,
        'en',
        'completed',
        100,
        '2026-01-06 09:53:00+00',
        0,
        1,
        'sample worker',
        NULL,
        NULL,
        '2026-01-06 09:53:00+00',
        '2026-01-06 09:53:01+00',
        '2026-01-06 09:55:20+00'
    ),
    (
        '00000000-0000-4000-8000-000000000202',
        '00000000-0000-4000-8000-000000000003',
        'https://media.example.com/recordings/seminar.m4a',
        'Seminar.m4a',
        'audio/mp4',
        1024,
        NULL,
        NULL,
        'failed',
        0,
        '2026-01-04 15:32:00+00',
        1,
        1,
        'sample worker',
        'unreadable',
        'The file ends after its header.',
        '2026-01-04 15:32:00+00',
        '2026-01-04 15:32:01+00',
        '2026-01-04 15:32:02+00'
    ),
    (
        '00000000-0000-4000-8000-000000000203',
        '00000000-0000-4000-8000-000000000002',
        'https://media.example.com/recordings/physics.m4a',
        'Physics, lesson 2.m4a',
        'audio/mp4',
        9600000,
        1200000,
        'en',
        'pending',
        0,
        '2026-01-07 12:10:00+00',
        0,
        0,
        NULL,
        NULL,
        NULL,
        '2026-01-07 12:10:00+00',
        NULL,
        NULL
    )
ON CONFLICT DO NOTHING;

INSERT INTO littlemonster.transcriptions (
    id,
    user_id,
    job_id,
    title,
    language,
    model,
    text,
    segments,
    confidence,
    duration_ms,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000211',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000201',
        'Biology 101, lecture 4',
        'en',
        'sample-speech',
        'Good morning. Today we ask where a plant gets its sugar from. It makes it, of '
        'light and air.',
        '[
            {"start": 0, "end": 900, "text": "Good morning."},
            {
                "start": 900,
                "end": 5200,
                "text": "Today we ask where a plant gets its sugar from."
            },
            {"start": 5200, "end": 9800, "text": "It makes it, of light and air."}
        ]',
        0.94,
        2700000,
        '2026-01-06 09:55:20+00',
        '2026-01-06 09:55:20+00'
    )
ON CONFLICT DO NOTHING;
