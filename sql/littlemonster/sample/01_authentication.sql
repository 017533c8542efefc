-- Three people: a student with a password and a phone, one who logs in by a provider,
-- and a teacher. No password and no token matches these hashes.
INSERT INTO littlemonster.users (
    id,
    email,
    password_hash,
    full_name,
    avatar_url,
    role,
    email_verified_at,
    last_login_at,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000001',
        'amina@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'Amina Yusuf',
        'https://cdn.example.com/avatars/amina.jpg',
        'student',
        '2025-09-01 08:10:00+00',
        '2026-01-06 08:30:00+00',
        '2025-09-01 08:00:00+00',
        '2025-09-01 08:10:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000002',
        'tomas@example.com',
        NULL,
        'Tomas Novak',
        NULL,
        'student',
        '2025-10-12 17:00:00+00',
        '2026-01-07 12:00:00+00',
        '2025-10-12 17:00:00+00',
        '2025-10-12 17:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000003',
        'ines@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'Ines Duarte',
        'https://cdn.example.com/avatars/ines.jpg',
        'teacher',
        NULL,
        '2026-01-04 13:45:00+00',
        '2025-08-20 09:00:00+00',
        '2025-08-20 09:00:00+00'
    )
ON CONFLICT DO NOTHING;

INSERT INTO littlemonster.oauth_connections (
    id,
    user_id,
    provider,
    provider_user_id,
    provider_email,
    last_login_at,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000101',
        '00000000-0000-4000-8000-000000000002',
        'google',
        'sample-tomas',
        'tomas@example.com',
        '2026-01-07 12:00:00+00',
        '2025-10-12 17:00:00+00',
        '2025-10-12 17:00:00+00'
    )
ON CONFLICT DO NOTHING;

-- One login that was renewed once.
INSERT INTO littlemonster.refresh_tokens (
    id,
    user_id,
    family_id,
    token_hash,
    user_agent,
    ip_address,
    expires_at,
    used_at,
    replaced_by,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000111',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000110',
        sha256('littlemonster sample token 1'),
        'Sample Phone',
        '192.0.2.7',
        '2036-01-01 00:00:00+00',
        '2026-01-06 08:30:00+00',
        '00000000-0000-4000-8000-000000000112',
        '2026-01-05 08:30:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000112',
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000110',
        sha256('littlemonster sample token 2'),
        'Sample Phone',
        '192.0.2.7',
        '2036-01-01 00:00:00+00',
        NULL,
        NULL,
        '2026-01-06 08:30:00+00'
    )
ON CONFLICT DO NOTHING;

-- One reset that was gone through with.
INSERT INTO littlemonster.password_reset_tokens (
    id,
    user_id,
    token_hash,
    expires_at,
    used_at,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000121',
        '00000000-0000-4000-8000-000000000003',
        sha256('littlemonster sample reset 1'),
        '2036-01-01 00:00:00+00',
        '2025-11-02 10:04:00+00',
        '2025-11-02 10:00:00+00'
    )
ON CONFLICT DO NOTHING;
