-- Events on their way to webhooks.
--
-- A claim is a lease with a number. Whoever holds one presents tenant_id, delivery_id
-- and lease to heartbeat_delivery, mark_delivered and mark_failed; once the lease was
-- taken away, these change nothing. Deliveries are made at least once: a receiver tells
-- repeated ones by their id. Workers serve one tenant, or, without a tenant_id, all
-- that they may see; on Citus a claim has to name one.

-- name: publish_event(tenant_id, event_type, payload)!
-- Puts an event on its way to every active webhook of the tenant that wants its type,
-- in one statement, and returns how many these are.
INSERT INTO mindia.webhook_events (tenant_id, webhook_id, event_type, payload)
SELECT
    webhook.tenant_id,
    webhook.id,
    :event_type::varchar,
    :payload::jsonb
FROM mindia.webhooks AS webhook
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.is_active
    AND :event_type::varchar = ANY (webhook.events);

-- name: claim_deliveries(worker, lease_for, batch_size, tenant_id)
-- Claims the deliveries that have waited longest of those that are due, skipping those
-- that others are claiming.
-- The claims last for lease_for unless heartbeat_delivery extends them. What is due to
-- a webhook that is not active any more fails instead, with error_code
-- webhook_inactive, so there may be fewer than batch_size, or none, though others wait.
-- In the order of the claim.
-- @row ClaimedDelivery
-- @column signing_keys: pgrepo.domains.mindia.signing.SigningKeys
-- @param worker: str
-- @param batch_size = 1
WITH ready AS MATERIALIZED (
    SELECT
        event.tenant_id,
        event.id,
        event.webhook_id
    FROM mindia.webhook_events AS event
    WHERE
        event.delivery_status = 'pending'
        AND event.run_at <= now()
        AND event.tenant_id = :tenant_id  -- @optional
    ORDER BY event.run_at, event.id
    -- The sub-select hides the number from the planner. Seeing that few deliveries are
    -- wanted, PostgreSQL would plan every call anew, which takes longer than the claim.
    LIMIT (SELECT :batch_size::bigint)
    FOR UPDATE SKIP LOCKED
),

receivers AS MATERIALIZED (
    SELECT
        webhook.tenant_id,
        webhook.id,
        webhook.url,
        webhook.is_active,
        webhook.signing_secret,
        CASE
            WHEN webhook.previous_secret_expires_at > now()
                THEN webhook.previous_signing_secret
        END AS previous_secret
    FROM mindia.webhooks AS webhook
    WHERE
        webhook.tenant_id = ANY (ARRAY(SELECT ready.tenant_id FROM ready))
        AND webhook.id = ANY (ARRAY(SELECT ready.webhook_id FROM ready))
),

-- By arrays, as PostgreSQL expects few rows of these whatever the batch_size, and so
-- never reads the whole table to join it. Two tenants may have the same id.
claimed AS (
    UPDATE mindia.webhook_events AS event
    SET
        delivery_status = CASE
            WHEN receiver.is_active THEN 'delivering'::mindia.delivery_status
            ELSE 'failed'::mindia.delivery_status
        END,
        started_at = now(),
        finished_at = CASE WHEN NOT receiver.is_active THEN now() END,
        lease = event.lease + 1,
        lease_expires_at = CASE
            WHEN receiver.is_active THEN now() + :lease_for::interval
        END,
        claimed_by = :worker,
        error_code = CASE
            WHEN receiver.is_active THEN event.error_code
            ELSE 'webhook_inactive'
        END
    FROM receivers AS receiver
    WHERE
        event.tenant_id = ANY (ARRAY(SELECT ready.tenant_id FROM ready))
        AND event.id = ANY (ARRAY(SELECT ready.id FROM ready))
        AND (event.tenant_id, event.id) IN (
            SELECT ready.tenant_id, ready.id FROM ready
        )
        AND receiver.tenant_id = event.tenant_id
        AND receiver.id = event.webhook_id
    RETURNING
        event.id,
        event.tenant_id,
        event.webhook_id,
        event.lease,
        event.lease_expires_at,
        event.event_type,
        event.payload,
        event.run_at,
        event.retry_count,
        event.max_retries,
        event.created_at,
        receiver.url,
        receiver.signing_secret,
        receiver.previous_secret
)

SELECT
    claimed.id,
    claimed.tenant_id,
    claimed.webhook_id,
    claimed.lease,
    claimed.lease_expires_at,
    claimed.url,
    jsonb_build_object(
        'current', claimed.signing_secret,
        'previous', claimed.previous_secret
    ) AS signing_keys,
    claimed.event_type,
    claimed.payload,
    claimed.retry_count,
    claimed.max_retries,
    claimed.created_at
FROM claimed
WHERE claimed.lease_expires_at IS NOT NULL
ORDER BY claimed.run_at, claimed.id, claimed.tenant_id;

-- name: heartbeat_delivery(tenant_id, delivery_id, lease, lease_for)!
-- Makes a claim last for lease_for from now.
-- Returns 1, or 0 if the lease is lost: stop delivering.
UPDATE mindia.webhook_events AS event
SET lease_expires_at = now() + :lease_for::interval
WHERE
    event.tenant_id = :tenant_id
    AND event.id = :delivery_id
    AND event.lease = :lease
    AND event.delivery_status = 'delivering';

-- name: mark_delivered(tenant_id, delivery_id, lease)!
-- Ends a claimed delivery that was received.
-- Returns 1, or 0 if the lease is lost.
UPDATE mindia.webhook_events AS event
SET
    delivery_status = 'delivered',
    error_code = NULL,
    error_message = NULL,
    finished_at = now(),
    lease_expires_at = NULL
WHERE
    event.tenant_id = :tenant_id
    AND event.id = :delivery_id
    AND event.lease = :lease
    AND event.delivery_status = 'delivering';

-- name: mark_all_delivered(tenant_ids, delivery_ids, leases)
-- Ends many claimed deliveries that were received, and returns the ids of those it
-- ended.
-- The lists belong together, item by item. A delivery that is not among the ids has
-- lost its lease. In no particular order.
UPDATE mindia.webhook_events AS event
SET
    delivery_status = 'delivered',
    error_code = NULL,
    error_message = NULL,
    finished_at = now(),
    lease_expires_at = NULL
FROM unnest(
    :tenant_ids::uuid[], :delivery_ids::bigint[], :leases::integer[]
) AS done (tenant_id, delivery_id, lease)
WHERE
    event.tenant_id = done.tenant_id
    AND event.id = done.delivery_id
    AND event.lease = done.lease
    -- Says that it is being delivered, and does not offer the index of those.
    AND event.lease_expires_at IS NOT NULL
RETURNING event.id;

-- name: mark_failed(tenant_id, delivery_id, lease, error_code, error_message, retry)<!
-- Ends an attempt that failed, and returns what follows.
-- The delivery is pending again and waits until run_at, longer after each failure;
-- after max_retries, or without retry, it is given up. None if the lease is lost.
-- @row FailedDeliveryAttempt
-- @param error_code: str
-- @param error_message = None
-- @param retry = True
UPDATE mindia.webhook_events AS event
SET
    delivery_status = CASE
        WHEN :retry AND event.retry_count < event.max_retries
            THEN 'pending'::mindia.delivery_status
        ELSE 'failed'::mindia.delivery_status
    END,
    -- The hash is there for its spread alone.
    run_at = CASE
        WHEN :retry AND event.retry_count < event.max_retries
            THEN
                now() + mindia.retry_delay(
                    event.retry_count + 1, md5(event.id::text)::uuid
                )
        ELSE event.run_at
    END,
    finished_at = CASE
        WHEN :retry AND event.retry_count < event.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = event.retry_count + 1,
    error_code = :error_code,
    error_message = :error_message,
    lease_expires_at = NULL
WHERE
    event.tenant_id = :tenant_id
    AND event.id = :delivery_id
    AND event.lease = :lease
    AND event.delivery_status = 'delivering'
RETURNING
    event.delivery_status,
    event.run_at,
    event.retry_count,
    event.max_retries;

-- name: rescue_deliveries(batch_size, tenant_id)
-- Takes deliveries away from workers whose lease has expired, and returns what follows.
-- The lost attempt counts as a failed one, with error_code lease_expired. The delivery
-- is pending again at once, as it has waited for its lease already, and is given up
-- after max_retries. To be called now and then by anybody; any number may at once. In
-- no particular order.
-- @row RescuedDelivery
-- @param batch_size = 100
WITH lost AS MATERIALIZED (
    SELECT
        event.tenant_id,
        event.id
    FROM mindia.webhook_events AS event
    WHERE
        event.delivery_status = 'delivering'
        AND event.lease_expires_at < now()
        AND event.tenant_id = :tenant_id  -- @optional
    ORDER BY event.started_at, event.id, event.tenant_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE mindia.webhook_events AS event
SET
    delivery_status = CASE
        WHEN event.retry_count < event.max_retries
            THEN 'pending'::mindia.delivery_status
        ELSE 'failed'::mindia.delivery_status
    END,
    run_at = CASE
        WHEN event.retry_count < event.max_retries THEN now()
        ELSE event.run_at
    END,
    finished_at = CASE
        WHEN event.retry_count < event.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = event.retry_count + 1,
    error_code = 'lease_expired',
    error_message = NULL,
    lease_expires_at = NULL
WHERE
    event.tenant_id = ANY (ARRAY(SELECT lost.tenant_id FROM lost))
    AND event.id = ANY (ARRAY(SELECT lost.id FROM lost))
    AND (event.tenant_id, event.id) IN (
        SELECT lost.tenant_id, lost.id FROM lost
    )
    AND event.tenant_id = :tenant_id  -- @optional
RETURNING
    event.id,
    event.tenant_id,
    event.webhook_id,
    event.delivery_status,
    event.claimed_by,
    event.retry_count,
    event.max_retries;

-- name: redeliver(tenant_id, delivery_id)!
-- Sends what was delivered or given up once more, with all its retries before it.
-- Returns 1, or 0 if the delivery has not ended or does not exist.
UPDATE mindia.webhook_events AS event
SET
    delivery_status = 'pending',
    retry_count = 0,
    run_at = now(),
    finished_at = NULL
WHERE
    event.tenant_id = :tenant_id
    AND event.id = :delivery_id
    AND event.delivery_status IN ('delivered', 'failed');

-- name: delivery_by_id(tenant_id, delivery_id)^
-- Returns a delivery.
SELECT
    event.id,
    event.tenant_id,
    event.webhook_id,
    event.event_type,
    event.payload,
    event.delivery_status,
    event.retry_count,
    event.max_retries,
    event.run_at,
    event.lease,
    event.lease_expires_at,
    event.claimed_by,
    event.error_code,
    event.error_message,
    event.created_at,
    event.started_at,
    event.finished_at
FROM mindia.webhook_events AS event
WHERE
    event.tenant_id = :tenant_id
    AND event.id = :delivery_id;

-- name: deliveries_of_webhook(tenant_id, webhook_id, delivery_status, before_created_at, before_id, limit)
-- Returns a page of what a webhook was or will be sent, newest first, without payloads.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row DeliverySummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    event.id,
    event.webhook_id,
    event.event_type,
    event.delivery_status,
    event.retry_count,
    event.run_at,
    event.error_code,
    event.error_message,
    event.created_at,
    event.finished_at
FROM mindia.webhook_events AS event
WHERE
    event.tenant_id = :tenant_id
    AND event.webhook_id = :webhook_id
    AND event.delivery_status = :delivery_status  -- @optional
    AND (event.created_at, event.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::bigint IS NULL THEN 9223372036854775807
            ELSE :before_id
        END
    )
ORDER BY event.created_at DESC, event.id DESC
LIMIT :limit;

-- name: deliveries_by_webhook_ids(tenant_id, webhook_ids, limit)
-- Returns the newest of what each of many webhooks was or will be sent, newest first,
-- without payloads.
-- The limit is one for each webhook; deliveries_of_webhook goes on from there. A webhook
-- without deliveries is not a key.
-- @row DeliverySummary
-- @group_by webhook_id
-- @param limit = 10
SELECT
    newest.id,
    newest.webhook_id,
    newest.event_type,
    newest.delivery_status,
    newest.retry_count,
    newest.run_at,
    newest.error_code,
    newest.error_message,
    newest.created_at,
    newest.finished_at
FROM mindia.webhooks AS webhook
CROSS JOIN LATERAL (
    SELECT
        event.id,
        event.webhook_id,
        event.event_type,
        event.delivery_status,
        event.retry_count,
        event.run_at,
        event.error_code,
        event.error_message,
        event.created_at,
        event.finished_at
    FROM mindia.webhook_events AS event
    WHERE
        event.tenant_id = :tenant_id
        AND event.webhook_id = webhook.id
    ORDER BY event.created_at DESC, event.id DESC
    LIMIT :limit
) AS newest
WHERE
    webhook.tenant_id = :tenant_id
    AND webhook.id = ANY (:webhook_ids)
ORDER BY newest.webhook_id, newest.created_at DESC, newest.id DESC;

-- name: failed_deliveries(tenant_id, before_finished_at, before_id, limit)
-- Returns a page of what was given up, last failed first.
-- redeliver gives one another chance. The next page starts before finished_at and id of
-- the last row; NULLs start at the newest.
-- @row FailedDelivery
-- @param before_finished_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    event.id,
    event.webhook_id,
    event.event_type,
    event.payload,
    event.error_code,
    event.error_message,
    event.retry_count,
    event.created_at,
    event.finished_at
FROM mindia.webhook_events AS event
WHERE
    event.tenant_id = :tenant_id
    AND event.delivery_status = 'failed'
    AND (event.finished_at, event.id) < (
        CASE
            WHEN :before_finished_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_finished_at
        END,
        CASE
            WHEN :before_id::bigint IS NULL THEN 9223372036854775807
            ELSE :before_id
        END
    )
ORDER BY event.finished_at DESC, event.id DESC
LIMIT :limit;

-- name: purge_deliveries(before, batch_size)!
-- Deletes deliveries that ended before a time, longest ended first, and returns how
-- many; 0 means that none are left.
-- @param batch_size = 1000
WITH ended AS MATERIALIZED (
    SELECT
        event.tenant_id,
        event.id
    FROM mindia.webhook_events AS event
    WHERE
        event.delivery_status IN ('delivered', 'failed')
        AND event.finished_at < :before
    ORDER BY event.finished_at, event.id, event.tenant_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM mindia.webhook_events AS event
WHERE
    event.tenant_id = ANY (ARRAY(SELECT ended.tenant_id FROM ended))
    AND event.id = ANY (ARRAY(SELECT ended.id FROM ended))
    AND (event.tenant_id, event.id) IN (
        SELECT ended.tenant_id, ended.id FROM ended
    );
