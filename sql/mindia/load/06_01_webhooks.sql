-- step: webhooks
-- 20 receivers a tenant, every fifth of them switched off.
INSERT INTO mindia.webhooks (
    id,
    tenant_id,
    url,
    events,
    signing_secret,
    is_active,
    created_at
)
SELECT
    md5('mindia webhook ' || n || ' ' || w)::uuid,
    md5('mindia tenant ' || n)::uuid,
    'https://load.example.com/' || n || '/' || w,
    CASE
        WHEN w % 2 = 0 THEN ARRAY['image.uploaded']
        ELSE ARRAY['image.uploaded', 'video.processed']
    END,
    md5('mindia secret ' || n || ' ' || w),
    w % 5 > 0,
    timestamptz '2025-06-01 00:00:00+00' + w * interval '1 day'
FROM generate_series(
    1, 50 * ceil(current_setting('pgrepo.scale')::numeric)::bigint
) AS n
CROSS JOIN generate_series(1, 20) AS w
ON CONFLICT DO NOTHING;
