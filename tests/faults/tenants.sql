-- 200 tenants for test_tenants_under_fire.py, with rows in every table and every state in which
-- something could be taken, rescued or purged. Every text names its tenant. The last one is
-- suspended.
SET session_replication_role = replica;

INSERT INTO mindia.tenants (id, name, s3_bucket, s3_region, status)
SELECT
    id,
    'Tenant ' || id,
    id,
    'eu',
    CASE WHEN n = 200 THEN 'suspended'::mindia.tenant_status ELSE 'active' END
FROM generate_series(1, 200) AS n
CROSS JOIN LATERAL (
    SELECT ('0e4a0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid AS id
) AS made;

INSERT INTO mindia.users (id, tenant_id, email, password_hash)
SELECT md5(id || ' user')::uuid, id, 'a@' || id, 'hash of ' || id FROM mindia.tenants;

INSERT INTO mindia.images (
    id, tenant_id, filename, original_filename, s3_key, s3_url, content_type, file_size
)
SELECT
    md5(id || ' image ' || number)::uuid, id, id || '.jpg', 'A.JPG', 'images/' || id,
    'https://example.org/' || id, 'image/jpeg', 1000
FROM mindia.tenants CROSS JOIN generate_series(1, 2) AS number;

INSERT INTO mindia.videos (id, tenant_id, filename, s3_key, file_size)
SELECT md5(id || ' video')::uuid, id, id || '.mp4', 'videos/' || id, 2000 FROM mindia.tenants;

INSERT INTO mindia.audios (id, tenant_id, filename, s3_key, file_size)
SELECT md5(id || ' audio')::uuid, id, id || '.wav', 'audios/' || id, 3000 FROM mindia.tenants;

INSERT INTO mindia.documents (id, tenant_id, filename, s3_key, file_size)
SELECT md5(id || ' document')::uuid, id, id || '.pdf', 'documents/' || id, 4000
FROM mindia.tenants;

INSERT INTO mindia.embeddings (
    tenant_id, entity_id, entity_type, description, embedding, model_name
)
SELECT
    id, md5(id || ' image 1')::uuid, 'image', 'of ' || id,
    (
        SELECT array_agg(sin(right(id::text, 4)::integer * axis * axis) ORDER BY axis)
        FROM generate_series(1, 768) AS axis
    )::real[]::vector(768),
    'model'
FROM mindia.tenants;

INSERT INTO mindia.request_logs (tenant_id, method, path, status_code, response_time_ms)
SELECT id, 'GET', '/' || id, 200, 12 FROM mindia.tenants;

INSERT INTO mindia.webhooks (id, tenant_id, url, events, signing_secret)
SELECT
    md5(id || ' webhook')::uuid, id, 'https://example.org/' || id, '{image.uploaded}',
    'secret of ' || id
FROM mindia.tenants;

INSERT INTO mindia.webhook_events (
    id, tenant_id, webhook_id, event_type, payload, delivery_status, lease_expires_at,
    started_at, finished_at
)
SELECT
    number, id, md5(id || ' webhook')::uuid, 'image.uploaded', jsonb_build_object('of', id),
    state.status::mindia.delivery_status, state.expired, state.started, state.ended
FROM mindia.tenants
CROSS JOIN (
    VALUES
    (-1, 'pending', NULL, NULL, NULL),
    (-2, 'delivering', timestamptz '2025-01-01Z', timestamptz '2025-01-01Z', NULL),
    (-3, 'delivered', NULL, timestamptz '2025-01-01Z', timestamptz '2025-01-01Z'),
    (-4, 'failed', NULL, timestamptz '2025-01-01Z', timestamptz '2025-01-01Z')
) AS state (number, status, expired, started, ended);

INSERT INTO mindia.tasks (
    id, tenant_id, task_type, payload, status, lease_expires_at, started_at, completed_at
)
SELECT
    md5(id || ' task ' || state.status)::uuid, id, 'video_transcode',
    jsonb_build_object('of', id), state.status::mindia.task_status, state.expired,
    state.started, state.ended
FROM mindia.tenants
CROSS JOIN (
    VALUES
    ('pending', NULL, NULL, NULL),
    ('running', timestamptz '2025-01-01Z', timestamptz '2025-01-01Z', NULL),
    ('completed', NULL, timestamptz '2025-01-01Z', timestamptz '2025-01-01Z'),
    ('failed', NULL, timestamptz '2025-01-01Z', timestamptz '2025-01-01Z')
) AS state (status, expired, started, ended);

RESET session_replication_role;
ANALYZE;
