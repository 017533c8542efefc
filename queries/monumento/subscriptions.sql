-- Paid plans of the users.

-- name: create_subscription(user_id, tier, current_period_start, current_period_end)<!
-- Grants an active subscription by hand, without Stripe, and returns it.
INSERT INTO monumento.subscriptions AS subscription (
    user_id,
    tier,
    status,
    current_period_start,
    current_period_end
)
VALUES (
    :user_id,
    :tier,
    'active',
    :current_period_start,
    :current_period_end
)
RETURNING
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at;

-- name: upsert_subscription(user_id, stripe_subscription_id, tier, status, current_period_start, current_period_end, event_at)<!
-- Applies an event from Stripe and returns the subscription as it now is.
-- Returns none, and changes nothing, if a newer event was applied before: events may
-- be replayed and come in any order. event_at is the time in the event. Of events of
-- the same time the later period end wins, then the cancellation, then the last to
-- arrive. A subscription never changes its user.
INSERT INTO monumento.subscriptions AS subscription (
    user_id,
    stripe_subscription_id,
    tier,
    status,
    current_period_start,
    current_period_end,
    last_event_at
)
VALUES (
    :user_id,
    :stripe_subscription_id,
    :tier,
    :status,
    :current_period_start,
    :current_period_end,
    :event_at
)
ON CONFLICT (stripe_subscription_id) DO UPDATE
SET
    tier = excluded.tier,
    status = excluded.status,
    current_period_start = excluded.current_period_start,
    current_period_end = excluded.current_period_end,
    last_event_at = excluded.last_event_at
WHERE
    (
        subscription.last_event_at,
        subscription.current_period_end,
        subscription.status = 'canceled'
    ) <= (
        excluded.last_event_at,
        excluded.current_period_end,
        excluded.status = 'canceled'
    )
RETURNING
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at;

-- name: subscription_by_id(subscription_id)^
-- Returns a subscription of a live account.
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
INNER JOIN monumento.users AS account ON account.id = subscription.user_id
WHERE
    subscription.id = :subscription_id
    AND account.deleted_at IS NULL;

-- name: subscription_by_stripe_id(stripe_subscription_id)^
-- Returns the subscription that Stripe knows by an id, even of a deleted account:
-- Stripe goes on charging until it is told.
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
WHERE subscription.stripe_subscription_id = :stripe_subscription_id;

-- name: active_subscription(user_id)^
-- Returns the subscription that a live account enjoys now.
-- It is active and its period is not over; of several, the one that lasts longest.
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
WHERE
    subscription.user_id = :user_id
    AND subscription.status = 'active'
    AND subscription.current_period_start <= now()
    AND subscription.current_period_end > now()
    AND EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
ORDER BY subscription.current_period_end DESC, subscription.id DESC
LIMIT 1;

-- name: subscriptions_of_user(user_id, before_period_end, before_id, limit)
-- Returns a page of the subscriptions of a live account, latest period end first.
-- The next page starts before current_period_end and id of the last row; NULLs start
-- at the latest.
-- @param before_period_end = None
-- @param before_id = None
-- @param limit = 50
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
WHERE
    subscription.user_id = :user_id
    AND (subscription.current_period_end, subscription.id) < (
        COALESCE(:before_period_end::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
    AND EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
ORDER BY subscription.current_period_end DESC, subscription.id DESC
LIMIT :limit;

-- name: subscriptions_expiring(within, after_period_end, after_id, limit)
-- Returns a page of the active subscriptions whose period ends within a time from now,
-- soonest first, of live accounts.
-- The next page starts after current_period_end and id of the last row; NULLs start
-- at the soonest.
-- @param after_period_end = None
-- @param after_id = None
-- @param limit = 100
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
INNER JOIN monumento.users AS account ON account.id = subscription.user_id
WHERE
    subscription.status = 'active'
    AND subscription.current_period_end >= now()
    AND subscription.current_period_end <= now() + :within::interval
    AND (subscription.current_period_end, subscription.id) > (
        COALESCE(:after_period_end::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
    AND account.deleted_at IS NULL
ORDER BY subscription.current_period_end, subscription.id
LIMIT :limit;

-- name: past_due_subscriptions(after_period_end, after_id, limit)
-- Returns a page of the subscriptions whose payment is overdue, longest first, of live
-- accounts.
-- The next page starts after current_period_end and id of the last row; NULLs start
-- at the longest overdue.
-- @param after_period_end = None
-- @param after_id = None
-- @param limit = 100
SELECT
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at
FROM monumento.subscriptions AS subscription
INNER JOIN monumento.users AS account ON account.id = subscription.user_id
WHERE
    subscription.status = 'past_due'
    AND (subscription.current_period_end, subscription.id) > (
        COALESCE(:after_period_end::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
    AND account.deleted_at IS NULL
ORDER BY subscription.current_period_end, subscription.id
LIMIT :limit;

-- name: update_subscription(subscription_id, tier, status, current_period_start, current_period_end)<!
-- Changes the given fields of a subscription and returns it; none if there is none.
-- A patch: what is not given stays as it is. For corrections by hand: what Stripe
-- reports belongs in upsert_subscription, and overwrites this when it is newer.
UPDATE monumento.subscriptions AS subscription
SET
    tier = :tier,  -- @optional
    status = :status,  -- @optional
    current_period_start = :current_period_start,  -- @optional
    current_period_end = :current_period_end  -- @optional
WHERE subscription.id = :subscription_id
RETURNING
    subscription.id,
    subscription.user_id,
    subscription.stripe_subscription_id,
    subscription.tier,
    subscription.status,
    subscription.current_period_start,
    subscription.current_period_end,
    subscription.last_event_at,
    subscription.created_at,
    subscription.updated_at;

-- name: cancel_subscription(subscription_id)!
-- Cancels a subscription as of now; events from before are ignored from here on.
-- Returns 1, or 0 if it was canceled already or does not exist.
UPDATE monumento.subscriptions AS subscription
SET
    status = 'canceled',
    last_event_at = GREATEST(subscription.last_event_at, date_trunc('second', now()))
WHERE
    subscription.id = :subscription_id
    AND subscription.status <> 'canceled';

-- name: delete_subscription(subscription_id)!
-- Deletes a subscription for good; returns 1, or 0 if there is none.
-- A later event from Stripe would create it again.
DELETE FROM monumento.subscriptions AS subscription
WHERE subscription.id = :subscription_id;
