-- Five flags, on something of every kind: two pending, one under review, two decided.
INSERT INTO storyverse.moderation_flags (
    id,
    target_type,
    target_id,
    reporter_id,
    reason,
    description,
    status,
    reviewed_by,
    reviewed_at,
    action_taken,
    notes,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000701',
        'scene',
        '00000000-0000-4000-8000-000000000303',
        '00000000-0000-4000-8000-000000000003',
        'copyright',
        'The title is that of a song.',
        'pending',
        NULL,
        NULL,
        NULL,
        NULL,
        '2026-01-08 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000702',
        'segment',
        '00000000-0000-4000-8000-000000000503',
        NULL,
        'violence',
        NULL,
        'pending',
        NULL,
        NULL,
        NULL,
        NULL,
        '2026-01-08 10:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000703',
        'idea',
        '00000000-0000-4000-8000-000000000204',
        '00000000-0000-4000-8000-000000000001',
        'spam',
        NULL,
        'resolved',
        '00000000-0000-4000-8000-000000000004',
        '2026-01-07 08:00:00+00',
        'hidden',
        'Advertises a shop.',
        '2026-01-06 22:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000704',
        'user',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000003',
        'abuse',
        NULL,
        'dismissed',
        '00000000-0000-4000-8000-000000000004',
        '2026-01-07 08:05:00+00',
        NULL,
        'A disagreement, no more.',
        '2026-01-06 23:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000705',
        'topic',
        '00000000-0000-4000-8000-000000000103',
        '00000000-0000-4000-8000-000000000001',
        'other',
        'Belongs into the other topic.',
        'reviewing',
        '00000000-0000-4000-8000-000000000004',
        '2026-01-08 11:00:00+00',
        NULL,
        NULL,
        '2026-01-08 08:00:00+00'
    )
ON CONFLICT DO NOTHING;
