-- Addresses that want to be told of events. No statement here returns a secret.

-- name: subscribe(tenant_id, url, events, signing_secret)<!
-- Adds a webhook for events of some types, and returns it.
-- Without a secret its deliveries are not signed. A secret has 16 to 255 characters.
-- @row Subscription
-- @param signing_secret = None
INSERT INTO mindia.webhooks AS webhook (tenant_id, url, events, signing_secret)
VALUES (:tenant_id, :url, :events, :signing_secret)
RETURNING
    webhook.id,
    webhook.tenant_id,
    webhook.url,
    webhook.events,
    webhook.signing_secret IS NOT NULL AS is_signed,
    webhook.is_active,
    webhook.created_at;

-- name: webhook_by_id(tenant_id, webhook_id)^
-- Returns a webhook.
-- @row Subscription
SELECT
    webhook.id,
    webhook.tenant_id,
    webhook.url,
    webhook.events,
    webhook.signing_secret IS NOT NULL AS is_signed,
    webhook.is_active,
    webhook.created_at
FROM mindia.webhooks AS webhook
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.id = :webhook_id;

-- name: webhooks_page(tenant_id, before_created_at, before_id, limit)
-- Returns a page of a tenant's webhooks, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row Subscription
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    webhook.id,
    webhook.tenant_id,
    webhook.url,
    webhook.events,
    webhook.signing_secret IS NOT NULL AS is_signed,
    webhook.is_active,
    webhook.created_at
FROM mindia.webhooks AS webhook
WHERE
    webhook.tenant_id = :tenant_id
    AND (webhook.created_at, webhook.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY webhook.created_at DESC, webhook.id DESC
LIMIT :limit;

-- name: update_webhook(tenant_id, webhook_id, url, events, is_active)<!
-- Changes the given fields of a webhook and returns it; none if there is none.
-- A patch: what is not given stays as it is. What is still to be delivered goes to the
-- new address; once the webhook is not active, it fails.
-- @row Subscription
UPDATE mindia.webhooks AS webhook
SET
    url = :url,  -- @optional
    events = :events,  -- @optional
    is_active = :is_active  -- @optional
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.id = :webhook_id
RETURNING
    webhook.id,
    webhook.tenant_id,
    webhook.url,
    webhook.events,
    webhook.signing_secret IS NOT NULL AS is_signed,
    webhook.is_active,
    webhook.created_at;

-- name: rotate_secret(tenant_id, webhook_id, signing_secret, keep_previous_for)!
-- Gives a webhook another secret; returns 1, or 0 if there is none.
-- For keep_previous_for, deliveries are signed with the secret before as well, so that
-- the receiver may change over at any time within. The one before that ends at once.
-- Without a secret deliveries are not signed any more.
UPDATE mindia.webhooks AS webhook
SET
    signing_secret = :signing_secret,
    previous_signing_secret = webhook.signing_secret,
    previous_secret_expires_at = CASE
        WHEN webhook.signing_secret IS NOT NULL
            THEN now() + :keep_previous_for::interval
    END
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.id = :webhook_id;

-- name: unsubscribe(tenant_id, webhook_id)!
-- Deletes a webhook with all its deliveries; returns 1, or 0 if there is none.
DELETE FROM mindia.webhooks AS webhook
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.id = :webhook_id;
