-- One plan paid for a year, one with a week to go, one whose payment failed. The
-- periods follow the clock, so that there is something active whenever this is loaded.
INSERT INTO monumento.subscriptions (
    id,
    user_id,
    stripe_subscription_id,
    tier,
    status,
    current_period_start,
    current_period_end
)
VALUES
    (
        '00000000-0000-4000-8000-000000000201',
        '00000000-0000-4000-8000-000000000001',
        'sub_sample_john',
        'legacy',
        'active',
        date_trunc('day', now()) - interval '2 months',
        date_trunc('day', now()) + interval '10 months'
    ),
    (
        '00000000-0000-4000-8000-000000000202',
        '00000000-0000-4000-8000-000000000003',
        'sub_sample_amara',
        'express',
        'active',
        date_trunc('day', now()) - interval '23 days',
        date_trunc('day', now()) + interval '7 days'
    ),
    (
        '00000000-0000-4000-8000-000000000203',
        '00000000-0000-4000-8000-000000000002',
        'sub_sample_jane',
        'deep-dive',
        'past_due',
        date_trunc('day', now()) - interval '40 days',
        date_trunc('day', now()) - interval '10 days'
    )
ON CONFLICT DO NOTHING;
