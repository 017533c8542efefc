-- step: moderation flags
-- As many as ideas, on users, ideas, scenes and segments; half reported by users. Of the
-- newest 1,000, one in ten is pending and one in 50 under review.
INSERT INTO storyverse.moderation_flags (
    id,
    target_type,
    target_id,
    reporter_id,
    reason,
    status,
    reviewed_by,
    reviewed_at,
    action_taken,
    created_at
)
SELECT
    md5('storyverse flag ' || n)::uuid,
    (ARRAY['user', 'idea', 'scene', 'segment'])[1 + n % 4],
    md5(
        (
            ARRAY[
                'storyverse user ' || n,
                'storyverse idea ' || n,
                'storyverse scene ' || n || ' 1',
                'storyverse segment ' || n || ' 2 3'
            ]
        )[1 + n % 4]
    )::uuid,
    CASE
        WHEN n % 2 = 0 THEN md5('storyverse user ' || 1 + (n * 17) % ideas.count)::uuid
    END,
    (ARRAY['spam', 'abuse', 'violence', 'copyright', 'other'])[1 + n / 4 % 5],
    decision.status,
    CASE
        WHEN decision.status <> 'pending'
            THEN md5('storyverse user ' || 1 + (n * 7) % ideas.count)::uuid
    END,
    CASE
        WHEN decision.status <> 'pending'
            THEN timestamptz '2026-01-06 00:00:00+00' - n * interval '14 minutes'
    END,
    CASE WHEN decision.status = 'resolved' THEN 'hidden' END,
    timestamptz '2026-01-05 00:00:00+00' - n * interval '15 minutes'
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(ideas.count, 1, -1) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n <= 1000 AND n % 10 = 3 THEN 'pending'
            WHEN n <= 1000 AND n % 50 = 7 THEN 'reviewing'
            WHEN n % 3 = 0 THEN 'resolved'
            ELSE 'dismissed'
        END AS status
) AS decision
ON CONFLICT DO NOTHING;
