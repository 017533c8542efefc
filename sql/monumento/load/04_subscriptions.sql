-- step: subscriptions
-- One for each user who pays; one in seven past due, one in eleven canceled. The
-- periods end around the middle of 2026, so that they do not depend on the clock.
INSERT INTO monumento.subscriptions (
    id,
    user_id,
    stripe_subscription_id,
    tier,
    status,
    current_period_start,
    current_period_end,
    last_event_at
)
SELECT
    md5('monumento subscription ' || n)::uuid,
    md5('monumento user ' || n)::uuid,
    'sub_load_' || n,
    (ARRAY['express', 'deep-dive', 'legacy'])[n % 5 - 1],
    CASE
        WHEN n % 7 = 0 THEN 'past_due'
        WHEN n % 11 = 0 THEN 'canceled'
        ELSE 'active'
    END,
    timestamptz '2025-07-01 00:00:00+00' + (n % 8760) * interval '1 hour',
    timestamptz '2026-07-01 00:00:00+00' + (n % 8760) * interval '1 hour',
    timestamptz '2025-07-01 00:00:00+00' + (n % 8760) * interval '1 hour'
FROM generate_series(
    1, GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
WHERE n % 5 >= 2
ON CONFLICT DO NOTHING;
