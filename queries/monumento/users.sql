-- People who record their life stories.

-- name: create_user(email, password_hash, full_name, avatar_url, subscription_tier)<!
-- Creates an account and returns it.
-- An email that is taken in any case, even by a deleted account, violates
-- users_email_key.
-- @row User
-- @param full_name = None
-- @param avatar_url = None
-- @param subscription_tier = 'free'
INSERT INTO monumento.users AS account (
    email,
    password_hash,
    full_name,
    avatar_url,
    subscription_tier
)
VALUES (:email, :password_hash, :full_name, :avatar_url, :subscription_tier)
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at;

-- name: user_by_id(user_id)^
-- Returns a live account; none if it was deleted.
-- @row User
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at
FROM monumento.users AS account
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL;

-- name: user_by_email(email)^
-- Returns the live account with an email, whatever its case.
-- @row User
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at
FROM monumento.users AS account
WHERE
    lower(account.email) = lower(:email)
    AND account.deleted_at IS NULL;

-- name: user_by_stripe_customer(stripe_customer_id)^
-- Returns the live account of a customer at Stripe.
-- @row User
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at
FROM monumento.users AS account
WHERE
    account.stripe_customer_id = :stripe_customer_id
    AND account.deleted_at IS NULL;

-- name: user_credentials(email)^
-- Returns what a login needs of a live account: the only read of the password hash.
SELECT
    account.id,
    account.password_hash
FROM monumento.users AS account
WHERE
    lower(account.email) = lower(:email)
    AND account.deleted_at IS NULL;

-- name: user_profile(user_id)^
-- Returns what a live account shows of itself on every page.
-- @cache 1h by user_id
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.created_at
FROM monumento.users AS account
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL;

-- name: user_stats(user_id)^
-- Returns how much a live account has recorded.
-- Archived sessions count, deleted ones do not. Without any session the totals are 0
-- and last_session_at is NULL. Reads all sessions of the account.
SELECT
    account.id,
    account.email,
    account.subscription_tier,
    recorded.total_sessions,
    recorded.total_duration_minutes,
    recorded.last_session_at
FROM monumento.users AS account
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total_sessions,
        COALESCE(sum(kept.duration_minutes), 0)::bigint AS total_duration_minutes,
        max(kept.created_at) AS last_session_at
    FROM (
        SELECT
            session.duration_minutes,
            session.created_at
        FROM monumento.sessions AS session
        WHERE
            session.user_id = account.id
            AND session.deleted_at IS NULL
        UNION ALL
        SELECT
            archived.duration_minutes,
            archived.created_at
        FROM monumento.sessions_archive AS archived
        WHERE archived.user_id = account.id
    ) AS kept
) AS recorded
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL;

-- name: users_page(before_created_at, before_id, limit)
-- Returns a page of live accounts, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row User
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at
FROM monumento.users AS account
WHERE
    account.deleted_at IS NULL
    AND (account.created_at, account.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: users_by_tier(subscription_tier, before_created_at, before_id, limit)
-- Returns a page of the live accounts of one tier, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row User
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at
FROM monumento.users AS account
WHERE
    account.subscription_tier = :subscription_tier
    AND account.deleted_at IS NULL
    AND (account.created_at, account.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: update_user(user_id, email, full_name, avatar_url)<!
-- Changes the given fields of a live account and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
-- @row User
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET
    email = :email,  -- @optional
    full_name = :full_name,  -- @optional
    avatar_url = :avatar_url  -- @optional
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at;

-- name: set_password_hash(user_id, password_hash)!
-- Replaces the password hash of a live account; returns 1, or 0 if there is none.
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET password_hash = :password_hash
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL;

-- name: set_subscription_tier(user_id, subscription_tier)<!
-- Sets the tier of a live account and returns the account; none if there is none.
-- @row User
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET subscription_tier = :subscription_tier
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at;

-- name: set_stripe_customer(user_id, stripe_customer_id)<!
-- Ties a live account to a customer at Stripe and returns the account; NULL unties it.
-- A customer of another account violates users_stripe_customer_id_key.
-- @row User
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET stripe_customer_id = :stripe_customer_id
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.subscription_tier,
    account.stripe_customer_id,
    account.created_at,
    account.updated_at;

-- name: soft_delete_user(user_id)!
-- Hides an account and its sessions from every ordinary read.
-- Returns 1, or 0 if it was deleted already or never existed.
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET deleted_at = now()
WHERE
    account.id = :user_id
    AND account.deleted_at IS NULL;

-- name: restore_user(user_id)!
-- Undoes soft_delete_user; sessions that were deleted on their own stay deleted.
-- Returns 1, or 0 if the account is live or never existed.
-- @invalidates user_profile by user_id
UPDATE monumento.users AS account
SET deleted_at = NULL
WHERE
    account.id = :user_id
    AND account.deleted_at IS NOT NULL;

-- name: purge_user(user_id)!
-- Erases a soft-deleted account for good, with all it recorded, archive included.
-- Returns 1, or 0 if the account is live or does not exist.
-- @invalidates user_profile by user_id
DELETE FROM monumento.users AS account
WHERE
    account.id = :user_id
    AND account.deleted_at IS NOT NULL;
