-- step: documents
-- At scale 1, 20,000 of the 100,000 things that 50 tenants keep. The first tenant has a
-- seventh of them, the 49th one in a hundred, the 50th one in a thousand.
INSERT INTO mindia.documents (
    id,
    tenant_id,
    filename,
    s3_key,
    file_size,
    uploaded_at
)
SELECT
    md5('mindia media ' || n)::uuid,
    made.tenant_id,
    n || '.pdf',
    'documents/' || n || '.pdf',
    20000 + n * 7919 % 3000000,
    made.at
FROM generate_series(
    1, GREATEST(1, (100000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
CROSS JOIN LATERAL (
    SELECT
        (n - 1) / 100000 AS block,
        (n - 1) % 100000 AS place
) AS item
CROSS JOIN LATERAL (
    SELECT (n * 2654435761 % 4294967296) / 4294967296.0 AS share
) AS spread
CROSS JOIN LATERAL (
    SELECT
        md5('mindia tenant ' || (
            item.block * 50 + CASE
                WHEN item.place / 10 % 1000 = 0 THEN 50
                ELSE 1 + floor(49 * spread.share * spread.share)
            END
        )::bigint)::uuid AS tenant_id,
        timestamptz '2025-01-01 00:00:00+00'
        + item.place * interval '5 minutes' AS at
) AS made
WHERE item.place % 10 > 7
ON CONFLICT DO NOTHING;
