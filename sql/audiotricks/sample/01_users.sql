-- Three people: one who records lectures, one who records meetings, and one who has
-- closed the account. No password matches; Accounts.set_password gives one.
INSERT INTO audiotricks.users (
    id,
    email,
    username,
    password_hash,
    created_at,
    updated_at,
    last_login_at,
    is_active
)
VALUES
    (
        '00000000-0000-4000-8000-000000000001',
        'student@example.com',
        'student',
        '$2b$12$samplehashthatmatchesnopasswordofanyoneatallatall0000',
        '2025-10-01 08:15:00+00',
        '2025-10-01 08:15:00+00',
        '2026-01-05 07:58:00+00',
        true
    ),
    (
        '00000000-0000-4000-8000-000000000002',
        'secretary@example.com',
        'minute-taker',
        '$2b$12$samplehashthatmatchesnopasswordofanyoneatallatall0001',
        '2025-11-12 13:00:00+00',
        '2025-11-12 13:00:00+00',
        NULL,
        true
    ),
    (
        '00000000-0000-4000-8000-000000000003',
        'former@example.com',
        'former_user',
        '$2b$12$samplehashthatmatchesnopasswordofanyoneatallatall0002',
        '2025-09-01 10:00:00+00',
        '2025-12-24 16:30:00+00',
        '2025-12-20 09:00:00+00',
        false
    )
ON CONFLICT DO NOTHING;

-- The tokens are the texts "sample token 1" and "sample token 2": good for a look
-- around, and for no system that others can reach.
INSERT INTO audiotricks.sessions (
    id,
    user_id,
    token_hash,
    expires_at,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000011',
        '00000000-0000-4000-8000-000000000001',
        encode(sha256('sample token 1'::bytea), 'hex'),
        '2100-01-01 00:00:00+00',
        '2026-01-05 07:58:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000012',
        '00000000-0000-4000-8000-000000000001',
        encode(sha256('sample token 2'::bytea), 'hex'),
        '2025-11-01 00:00:00+00',
        '2025-10-02 08:00:00+00'
    )
ON CONFLICT DO NOTHING;

INSERT INTO audiotricks.user_settings (
    user_id,
    preferred_language,
    summary_quality,
    settings_json,
    updated_at
)
VALUES (
    '00000000-0000-4000-8000-000000000001',
    'en',
    'balanced',
    '{
        "theme": "dark",
        "autoSave": true,
        "notifications": {"email": true, "browser": false},
        "audioDefaults": {"format": "mp3", "quality": "high"}
    }',
    '2025-10-01 08:20:00+00'
)
ON CONFLICT DO NOTHING;
