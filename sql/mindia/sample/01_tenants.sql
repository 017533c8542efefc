-- Two tenants, one of which is suspended.
INSERT INTO mindia.tenants (
    id,
    name,
    s3_bucket,
    s3_region,
    status,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000001',
        'Harbour Museum',
        'sample-harbour-museum',
        'eu-central-1',
        'active',
        '2025-09-01 08:00:00+00',
        '2025-09-01 08:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000002',
        'Night Radio',
        'sample-night-radio',
        'us-east-1',
        'suspended',
        '2025-10-01 08:00:00+00',
        '2025-12-01 08:00:00+00'
    )
ON CONFLICT DO NOTHING;
