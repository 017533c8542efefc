-- Three jobs: a summary that was made, a mail that waits for its morning, and one of
-- the platform's own.
INSERT INTO littlemonster.jobs (
    id,
    user_id,
    queue,
    job_type,
    payload,
    result,
    priority,
    status,
    progress,
    run_at,
    lease,
    claimed_by,
    created_at,
    started_at,
    finished_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000301',
        '00000000-0000-4000-8000-000000000001',
        'default',
        'summarise',
        '{"transcription_id": "00000000-0000-4000-8000-000000000211"}',
        '{"sentences": 3}',
        5,
        'completed',
        100,
        '2026-01-06 09:56:00+00',
        1,
        'sample worker',
        '2026-01-06 09:56:00+00',
        '2026-01-06 09:56:01+00',
        '2026-01-06 09:56:09+00'
    ),
    (
        '00000000-0000-4000-8000-000000000302',
        '00000000-0000-4000-8000-000000000001',
        'mail',
        'send_reminder',
        '{"about": "Biology test"}',
        NULL,
        0,
        'pending',
        0,
        '2026-01-08 07:00:00+00',
        0,
        NULL,
        '2026-01-06 17:10:00+00',
        NULL,
        NULL
    ),
    (
        '00000000-0000-4000-8000-000000000303',
        NULL,
        'default',
        'purge_expired_tokens',
        '{}',
        NULL,
        0,
        'pending',
        0,
        '2026-01-08 03:00:00+00',
        0,
        NULL,
        '2026-01-07 03:00:00+00',
        NULL,
        NULL
    )
ON CONFLICT DO NOTHING;
