-- Four ideas: two with scenes, one that waits to be reviewed, one hidden.
INSERT INTO storyverse.ideas (
    id,
    user_id,
    topic_id,
    category_id,
    title,
    prompt,
    tags,
    status,
    moderation_status,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000201',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000101',
        '00000000-0000-4000-8000-000000000111',
        'The keeper who never left',
        'A lighthouse, locked from within. The lamp burns, and nobody is there.',
        '{sea,storm,disappearance}',
        'active',
        'approved',
        '2025-12-10 20:00:00+00',
        '2025-12-11 07:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000202',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000102',
        '00000000-0000-4000-8000-000000000113',
        'They answered in birdsong',
        'The first message from elsewhere is a song, and only the blackbirds reply.',
        '{birds,contact}',
        'active',
        'approved',
        '2025-12-28 11:30:00+00',
        '2025-12-28 18:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000203',
        '00000000-0000-4000-8000-000000000003',
        '00000000-0000-4000-8000-000000000103',
        NULL,
        'Last light',
        'The lamp is to be switched off for good, on a night when somebody needs it.',
        '{sea}',
        'active',
        'pending',
        '2026-01-04 17:00:00+00',
        '2026-01-04 17:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000204',
        '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000101',
        '00000000-0000-4000-8000-000000000112',
        'The museum of stolen things',
        'A gang breaks in to put something back.',
        '{}',
        'hidden',
        'approved',
        '2025-12-15 09:00:00+00',
        '2026-01-03 09:00:00+00'
    )
ON CONFLICT DO NOTHING;
