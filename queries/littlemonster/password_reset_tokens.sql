-- Tokens in the links with which people set a new password, each for one use.
--
-- The table and these statements know the SHA-256 of a token only.

-- name: issue_password_reset(user_id, token_hash, valid_for)<!
-- Stores a token for an active account, and returns its id and expiry; none if the
-- account is suspended or does not exist.
-- It takes the place of one issued before, whose link no longer works.
INSERT INTO littlemonster.password_reset_tokens AS reset (
    user_id,
    token_hash,
    expires_at
)
SELECT
    account.id,
    :token_hash,
    now() + :valid_for::interval
FROM littlemonster.users AS account
WHERE
    account.id = :user_id
    AND account.status = 'active'
ON CONFLICT (user_id) WHERE used_at IS NULL DO UPDATE
SET
    token_hash = excluded.token_hash,
    expires_at = excluded.expires_at,
    created_at = excluded.created_at
RETURNING
    reset.id,
    reset.user_id,
    reset.expires_at;

-- name: password_reset_owner(token_hash)^
-- Returns whose password a token can set now: what the page behind the link shows.
-- None if the token is used, expired or unknown, or the account is suspended.
SELECT
    account.id AS user_id,
    account.email,
    reset.expires_at
FROM littlemonster.password_reset_tokens AS reset
INNER JOIN littlemonster.users AS account ON account.id = reset.user_id
WHERE
    reset.token_hash = :token_hash
    AND reset.used_at IS NULL
    AND reset.expires_at > now()
    AND account.status = 'active';

-- name: consume_password_reset(token_hash, password_hash)<!
-- Uses a token to set a new password, ends every login of the account, and returns
-- whose it is.
-- None if the token is used, expired or unknown, or the account is suspended: nobody
-- learns which. Of several uses at once one succeeds.
WITH owner AS MATERIALIZED (
    SELECT account.id
    FROM littlemonster.password_reset_tokens AS reset
    INNER JOIN littlemonster.users AS account ON account.id = reset.user_id
    WHERE
        reset.token_hash = :token_hash
        AND account.status = 'active'
    FOR NO KEY UPDATE OF account
),

consumed AS (
    UPDATE littlemonster.password_reset_tokens AS reset
    SET used_at = now()
    FROM owner
    WHERE
        reset.token_hash = :token_hash
        AND reset.user_id = owner.id
        AND reset.used_at IS NULL
        AND reset.expires_at > now()
    RETURNING reset.user_id
)

-- Triggers end the logins, and void what other reset token there is.
UPDATE littlemonster.users AS account
SET password_hash = :password_hash
FROM consumed
WHERE account.id = consumed.user_id
RETURNING
    account.id AS user_id,
    account.email;

-- name: password_resets_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of the password resets that a user has asked for, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row PasswordReset
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    reset.id,
    reset.created_at,
    reset.expires_at,
    reset.used_at
FROM littlemonster.password_reset_tokens AS reset
WHERE
    reset.user_id = :user_id
    AND (reset.created_at, reset.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY reset.created_at DESC, reset.id DESC
LIMIT :limit;

-- name: cancel_password_reset(user_id)!
-- Voids the token that a user could still use; returns 1, or 0 if there is none.
DELETE FROM littlemonster.password_reset_tokens AS reset
WHERE
    reset.user_id = :user_id
    AND reset.used_at IS NULL;
