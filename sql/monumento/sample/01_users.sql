-- Three people: one on a paid plan, one free, one about to upgrade.
INSERT INTO monumento.users (
    id,
    email,
    password_hash,
    full_name,
    avatar_url,
    subscription_tier,
    stripe_customer_id,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000001',
        'john@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'John Doe',
        'https://cdn.example.com/avatars/john.jpg',
        'legacy',
        'cus_sample_john',
        '2023-11-20 09:00:00+00',
        '2023-11-20 09:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000002',
        'jane@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'Jane Smith',
        NULL,
        'free',
        NULL,
        '2025-02-03 18:30:00+00',
        '2025-02-03 18:30:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000003',
        'amara@example.com',
        '$2a$10$sample.hash.that.matches.no.password.of.anyone.at.all',
        'Amara Okafor',
        'https://cdn.example.com/avatars/amara.jpg',
        'express',
        'cus_sample_amara',
        '2025-06-14 07:45:00+00',
        '2025-06-14 07:45:00+00'
    )
ON CONFLICT DO NOTHING;
