-- step: tenants
-- 50 tenants for every unit of scale begun; the 48th of each fifty is suspended.
INSERT INTO mindia.tenants (
    id,
    name,
    s3_bucket,
    s3_region,
    status,
    created_at,
    updated_at
)
SELECT
    md5('mindia tenant ' || n)::uuid,
    'Load Tenant ' || n,
    'load-tenant-' || n,
    (ARRAY['eu-central-1', 'us-east-1', 'ap-southeast-2'])[1 + n % 3],
    CASE
        WHEN n % 50 = 48 THEN 'suspended'::mindia.tenant_status
        ELSE 'active'::mindia.tenant_status
    END,
    made.at,
    made.at
FROM generate_series(
    1, 50 * ceil(current_setting('pgrepo.scale')::numeric)::bigint
) AS n
CROSS JOIN LATERAL (
    SELECT timestamptz '2024-12-01 00:00:00+00' + n * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
