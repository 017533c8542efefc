-- Three scenes: one that goes on, one that is complete, one that has just begun.
INSERT INTO storyverse.scenes (
    id,
    idea_id,
    user_id,
    topic_id,
    title,
    description,
    status,
    thumbnail_url,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000301',
        '00000000-0000-4000-8000-000000000201',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000101',
        'Wick and salt',
        'A diver rows out to the lighthouse that stopped answering.',
        'active',
        'https://media.example.com/301/thumbnail.jpg',
        '2026-01-05 18:00:00+00',
        '2026-01-05 18:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000302',
        '00000000-0000-4000-8000-000000000201',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000101',
        'The log book',
        'What the keeper wrote on his last ten nights.',
        'locked',
        NULL,
        '2026-01-06 08:30:00+00',
        '2026-01-07 21:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000303',
        '00000000-0000-4000-8000-000000000202',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000102',
        'Dawn chorus',
        NULL,
        'active',
        NULL,
        '2026-01-08 05:10:00+00',
        '2026-01-08 05:10:00+00'
    )
ON CONFLICT DO NOTHING;
