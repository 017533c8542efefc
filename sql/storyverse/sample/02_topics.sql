-- Three topics, one of which a user proposed, and their categories.
INSERT INTO storyverse.topics (
    id,
    name,
    slug,
    description,
    is_curated,
    display_order,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000101',
        'Mystery',
        'mystery',
        'Something is hidden, and somebody looks for it.',
        true,
        10,
        '2025-10-01 09:00:00+00',
        '2025-10-01 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000102',
        'Science fiction',
        'science-fiction',
        'What could be, and what it would do to us.',
        true,
        20,
        '2025-10-01 09:00:00+00',
        '2025-10-01 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000103',
        'Lighthouses',
        'lighthouses',
        NULL,
        false,
        30,
        '2025-12-05 10:00:00+00',
        '2025-12-05 10:00:00+00'
    )
ON CONFLICT DO NOTHING;

INSERT INTO storyverse.categories (
    id,
    topic_id,
    name,
    slug,
    display_order,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000111',
        '00000000-0000-4000-8000-000000000101',
        'Locked rooms',
        'locked-rooms',
        10,
        '2025-10-01 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000112',
        '00000000-0000-4000-8000-000000000101',
        'Heists',
        'heists',
        20,
        '2025-10-01 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000113',
        '00000000-0000-4000-8000-000000000102',
        'First contact',
        'first-contact',
        10,
        '2025-10-01 09:00:00+00'
    )
ON CONFLICT DO NOTHING;

-- One proposal became a topic, one was rejected, one waits.
INSERT INTO storyverse.user_topics (
    id,
    user_id,
    name,
    description,
    status,
    reviewed_by,
    reviewed_at,
    rejection_reason,
    promoted_to_topic_id,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000121',
        '00000000-0000-4000-8000-000000000001',
        'Lighthouses',
        NULL,
        'approved',
        '00000000-0000-4000-8000-000000000004',
        '2025-12-05 10:00:00+00',
        NULL,
        '00000000-0000-4000-8000-000000000103',
        '2025-12-01 21:30:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000122',
        '00000000-0000-4000-8000-000000000002',
        'Detectives',
        'Like mysteries, but with detectives.',
        'rejected',
        '00000000-0000-4000-8000-000000000004',
        '2025-12-05 10:05:00+00',
        'Mystery has them already.',
        NULL,
        '2025-12-02 08:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000123',
        '00000000-0000-4000-8000-000000000003',
        'Cooking contests',
        'Duels with knives and soup.',
        'pending',
        NULL,
        NULL,
        NULL,
        NULL,
        '2026-01-04 17:20:00+00'
    )
ON CONFLICT DO NOTHING;
