-- step: proposed topics
-- 100 at scale 1; one in ten waits to be reviewed, one in three of the others was
-- rejected.
INSERT INTO storyverse.user_topics (
    id,
    user_id,
    name,
    status,
    reviewed_by,
    reviewed_at,
    rejection_reason,
    created_at
)
SELECT
    md5('storyverse proposal ' || n)::uuid,
    md5('storyverse user ' || 1 + (n * 13) % users.count)::uuid,
    'Load Proposal ' || n,
    review.status,
    CASE WHEN review.status <> 'pending' THEN md5('storyverse user 1')::uuid END,
    CASE WHEN review.status <> 'pending' THEN proposed.at + interval '1 day' END,
    CASE WHEN review.status = 'rejected' THEN 'There is one like it.' END,
    proposed.at
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS users (count)
CROSS JOIN generate_series(1, users.count / 10) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n % 10 = 0 THEN 'pending'
            WHEN n % 3 = 0 THEN 'rejected'
            ELSE 'approved'
        END
) AS review (status)
CROSS JOIN LATERAL (
    SELECT timestamptz '2026-01-01 00:00:00+00' - n * interval '2 hours'
) AS proposed (at)
ON CONFLICT DO NOTHING;
