-- Two receivers of the museum's events, one of them switched off.
INSERT INTO mindia.webhooks (
    id,
    tenant_id,
    url,
    events,
    signing_secret,
    is_active,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000061',
        '00000000-0000-4000-8000-000000000001',
        'https://museum.example.org/hooks/media',
        ARRAY['image.uploaded', 'video.processed'],
        'a secret of the sample alone',
        TRUE,
        '2025-09-02 08:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000062',
        '00000000-0000-4000-8000-000000000001',
        'https://old.example.org/hook',
        ARRAY['image.uploaded'],
        NULL,
        FALSE,
        '2025-09-02 08:10:00+00'
    )
ON CONFLICT DO NOTHING;

-- One delivery was received at the second attempt, one was given up, one waits.
INSERT INTO mindia.webhook_events (
    id,
    tenant_id,
    webhook_id,
    event_type,
    payload,
    delivery_status,
    retry_count,
    run_at,
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
        -1,
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000061',
        'image.uploaded',
        '{"image_id": "00000000-0000-4000-8000-000000000021"}',
        'delivered',
        1,
        '2025-09-03 10:00:05+00',
        2,
        'courier 1',
        NULL,
        NULL,
        '2025-09-03 10:00:00+00',
        '2025-09-03 10:00:06+00',
        '2025-09-03 10:00:07+00'
    ),
    (
        -2,
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000062',
        'image.uploaded',
        '{"image_id": "00000000-0000-4000-8000-000000000021"}',
        'failed',
        13,
        '2025-09-03 13:20:00+00',
        13,
        'courier 2',
        'http_410',
        'Gone',
        '2025-09-03 10:00:00+00',
        '2025-09-03 13:20:01+00',
        '2025-09-03 13:20:02+00'
    ),
    (
        -3,
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000061',
        'video.processed',
        '{"video_id": "00000000-0000-4000-8000-000000000031"}',
        'pending',
        0,
        '2025-09-04 11:30:00+00',
        0,
        NULL,
        NULL,
        NULL,
        '2025-09-04 11:30:00+00',
        NULL,
        NULL
    )
ON CONFLICT DO NOTHING;
