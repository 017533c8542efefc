-- Five people: two who write, one who only watches, a moderator and an admin.
INSERT INTO storyverse.users (
    id,
    email,
    password_hash,
    username,
    display_name,
    bio,
    role,
    email_verified,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000001',
        'writer@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'first_writer',
        'First Writer',
        'Writes about the sea, and about those who come back from it.',
        'user',
        true,
        '2025-11-03 08:15:00+00',
        '2025-11-03 08:15:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000002',
        'second@example.com',
        NULL,
        'second_writer',
        'Second Writer',
        NULL,
        'user',
        true,
        '2025-11-20 19:40:00+00',
        '2025-11-20 19:40:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000003',
        'viewer@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'viewer',
        NULL,
        NULL,
        'user',
        false,
        '2026-01-02 12:00:00+00',
        '2026-01-02 12:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000004',
        'moderator@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'moderator',
        'Moderator',
        NULL,
        'moderator',
        true,
        '2025-10-01 06:00:00+00',
        '2025-10-01 06:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000005',
        'admin@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'admin',
        NULL,
        NULL,
        'admin',
        true,
        '2025-10-01 05:00:00+00',
        '2025-10-01 05:00:00+00'
    )
ON CONFLICT DO NOTHING;

-- The one without a password logs in here; the tokens are none.
INSERT INTO storyverse.oauth_accounts (
    id,
    user_id,
    provider,
    provider_id,
    access_token,
    refresh_token,
    expires_at,
    created_at,
    updated_at
)
VALUES (
    '00000000-0000-4000-8000-000000000011',
    '00000000-0000-4000-8000-000000000002',
    'github',
    'sample-1002',
    'sample-access-token',
    NULL,
    '2025-11-21 03:40:00+00',
    '2025-11-20 19:40:00+00',
    '2025-11-20 19:40:00+00'
)
ON CONFLICT DO NOTHING;
