-- step: embeddings, repeat 5
-- An embedding for 24 of 25 things; each part takes a fifth of them. A tenant is
-- concerned with 20 of 100 subjects. An embedding is the direction of its subject, a smaller one
-- of an aspect of that, and three still smaller ones, so that what is alike lies in
-- clusters within clusters, and no two lie in one place, as with real ones. All follows
-- from the ids, which are hashes.
INSERT INTO mindia.embeddings (
    entity_id,
    entity_type,
    tenant_id,
    description,
    embedding,
    model_name,
    created_at
)
WITH directions AS MATERIALIZED (
    SELECT
        number,
        (
            SELECT
                array_agg(
                    (
                        ('x' || left(md5(number || ' ' || axis), 7))::bit(28)::integer
                        / 134217728.0 - 1
                    ) * CASE
                        WHEN number < 100 THEN 1
                        WHEN number < 200 THEN 0.7
                        ELSE 0.4
                    END
                    ORDER BY axis
                )
            FROM generate_series(1, 768) AS axis
        )::real[]::vector(768) AS vector
    FROM generate_series(0, 455) AS number
),

media AS (
    SELECT tenant_id, 'image'::mindia.entity_type AS kind, id, uploaded_at
    FROM mindia.images
    UNION ALL
    SELECT tenant_id, 'video'::mindia.entity_type AS kind, id, uploaded_at
    FROM mindia.videos
    UNION ALL
    SELECT tenant_id, 'audio'::mindia.entity_type AS kind, id, uploaded_at
    FROM mindia.audios
    UNION ALL
    SELECT tenant_id, 'document'::mindia.entity_type AS kind, id, uploaded_at
    FROM mindia.documents
)

SELECT
    media.id,
    media.kind,
    media.tenant_id,
    'About subject ' || picked.subject || ', aspect ' || picked.aspect,
    subject.vector + aspect.vector + first.vector + second.vector + third.vector,
    CASE WHEN picked.draw % 50 = 1 THEN 'load-768-old' ELSE 'load-768' END,
    media.uploaded_at + interval '1 minute'
FROM media
INNER JOIN mindia.tenants AS tenant
    ON
        tenant.id = media.tenant_id
        AND tenant.s3_bucket LIKE 'load-tenant-%'
CROSS JOIN LATERAL (
    SELECT
        uuid_send(media.id) AS bytes,
        ('x' || right(media.id::text, 7))::bit(28)::integer AS draw
) AS hashed
CROSS JOIN LATERAL (
    SELECT
        hashed.draw,
        (
            get_byte(uuid_send(media.tenant_id), 0)
            + 7 * (get_byte(hashed.bytes, 1) % 20)
        ) % 100 AS subject,
        100 + get_byte(hashed.bytes, 2) % 100 AS aspect
) AS picked
INNER JOIN directions AS subject ON subject.number = picked.subject
INNER JOIN directions AS aspect ON aspect.number = picked.aspect
INNER JOIN directions AS first ON first.number = 200 + get_byte(hashed.bytes, 3)
INNER JOIN directions AS second ON second.number = 200 + get_byte(hashed.bytes, 4)
INNER JOIN directions AS third ON third.number = 200 + get_byte(hashed.bytes, 5)
WHERE
    picked.draw % current_setting('pgrepo.parts')::bigint
        = current_setting('pgrepo.part')::bigint - 1
    AND picked.draw % 25 > 0
ON CONFLICT DO NOTHING;
