-- Two people of the museum; one of them has an account at the radio as well. No
-- password matches these hashes.
INSERT INTO mindia.users (
    id,
    tenant_id,
    email,
    password_hash,
    role,
    created_at,
    updated_at,
    last_login_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000011',
        '00000000-0000-4000-8000-000000000001',
        'amina@example.com',
        '$2b$12$sample.hash.that.matches.no.password.of.anyone.at.all',
        'admin',
        '2025-09-01 08:05:00+00',
        '2025-09-01 08:05:00+00',
        '2026-01-06 08:30:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000012',
        '00000000-0000-4000-8000-000000000001',
        'tomas@example.com',
        '$2b$12$sample.hash.that.matches.no.password.of.anyone.at.all',
        'viewer',
        '2025-09-02 09:00:00+00',
        '2025-09-02 09:00:00+00',
        NULL
    ),
    (
        '00000000-0000-4000-8000-000000000013',
        '00000000-0000-4000-8000-000000000002',
        'amina@example.com',
        '$2b$12$sample.hash.that.matches.no.password.of.anyone.at.all',
        'member',
        '2025-10-01 08:05:00+00',
        '2025-10-01 08:05:00+00',
        '2025-11-20 22:10:00+00'
    )
ON CONFLICT DO NOTHING;
