-- Tokens that renew a login, each for one use.
--
-- The table and these statements know the SHA-256 of a token only. Every statement that
-- makes, exchanges or revokes tokens locks the user's row first.

-- name: issue_refresh_token(user_id, token_hash, valid_for, password_changed_at, user_agent, ip_address)<!
-- Stores the first token of a new login of an active account, and returns it; none if
-- the account is suspended or does not exist.
-- A longer user_agent is cut to 255 characters, as it must not keep anybody out.
-- Given the password_changed_at that user_credentials has returned, none too if the
-- password was changed since then: checking a password takes long enough for that.
-- @row RefreshToken
-- @param user_agent = None
-- @param ip_address = None
WITH owner AS MATERIALIZED (
    SELECT account.id
    FROM littlemonster.users AS account
    WHERE
        account.id = :user_id
        AND account.status = 'active'
        AND account.password_changed_at
        IS NOT DISTINCT FROM :password_changed_at  -- @optional
    FOR NO KEY UPDATE
)

INSERT INTO littlemonster.refresh_tokens AS token (
    user_id,
    token_hash,
    user_agent,
    ip_address,
    expires_at
)
SELECT
    owner.id,
    :token_hash,
    left(:user_agent::text, 255),
    :ip_address,
    now() + :valid_for::interval
FROM owner
RETURNING
    token.id,
    token.user_id,
    token.family_id,
    token.expires_at;

-- name: rotate_refresh_token(token_hash, new_token_hash, valid_for, user_agent, ip_address)<!
-- Exchanges a token for a new one of the same family, and returns that.
-- None if the token is unknown, expired, revoked or used, or the account is suspended.
-- A used one has been copied: its family is revoked then and there, the newest token
-- included. However many exchange one token at once, one gets a new one, and as soon as
-- another comes that one is revoked. Wants READ COMMITTED, the default. Do not roll the
-- statement back because it returns none.
-- @row RefreshToken
-- @param user_agent = None
-- @param ip_address = None
WITH owner AS MATERIALIZED (
    SELECT
        account.id,
        account.status
    FROM littlemonster.refresh_tokens AS token
    INNER JOIN littlemonster.users AS account ON account.id = token.user_id
    WHERE token.token_hash = :token_hash
    FOR NO KEY UPDATE OF account
),

-- The lock makes these the newest values, whatever was committed since the statement
-- began. What follows must go by them, and not by the table as the snapshot shows it.
presented AS MATERIALIZED (
    SELECT
        token.id,
        token.used_at,
        token.reused_at,
        token.revoked_at,
        token.expires_at,
        owner.status,
        gen_random_uuid() AS next_id
    FROM littlemonster.refresh_tokens AS token
    INNER JOIN owner ON owner.id = token.user_id
    WHERE token.token_hash = :token_hash
    FOR NO KEY UPDATE OF token
),

-- A trigger revokes the family. It reads after the user's row was locked, and so sees
-- the token that the winner has made.
reused AS (
    UPDATE littlemonster.refresh_tokens AS token
    SET reused_at = now()
    FROM presented
    WHERE
        token.id = presented.id
        AND presented.used_at IS NOT NULL
        AND presented.reused_at IS NULL
),

used AS (
    UPDATE littlemonster.refresh_tokens AS token
    SET
        used_at = now(),
        replaced_by = presented.next_id
    FROM presented
    WHERE
        token.id = presented.id
        AND presented.used_at IS NULL
        AND presented.revoked_at IS NULL
        AND presented.expires_at > now()
        AND presented.status = 'active'
    RETURNING
        token.user_id,
        token.family_id,
        token.user_agent,
        presented.next_id
)

INSERT INTO littlemonster.refresh_tokens AS token (
    id,
    user_id,
    family_id,
    token_hash,
    user_agent,
    ip_address,
    expires_at
)
SELECT
    used.next_id,
    used.user_id,
    used.family_id,
    :new_token_hash,
    COALESCE(left(:user_agent::text, 255), used.user_agent),
    :ip_address,
    now() + :valid_for::interval
FROM used
RETURNING
    token.id,
    token.user_id,
    token.family_id,
    token.expires_at;

-- name: revoke_refresh_token(token_hash)$
-- Ends the login that a token belongs to: what logging out does.
-- Returns 1, or 0 if the login had ended before; none if the token is unknown.
-- @column revoked not null
SELECT littlemonster.revoke_refresh_tokens(
    token.user_id, token.family_id, 'logout'
) AS revoked
FROM littlemonster.refresh_tokens AS token
WHERE token.token_hash = :token_hash;

-- name: revoke_login(user_id, family_id, reason)$
-- Ends one login of a user, such as one of logins_of_user.
-- Returns 1, or 0 if it had ended before, or is not this user's.
-- @column revoked not null
-- @param reason = 'logout'
SELECT littlemonster.revoke_refresh_tokens(
    :user_id, :family_id, :reason
) AS revoked;

-- name: revoke_user_tokens(user_id, reason)$
-- Ends every login of a user, and returns how many there were.
-- The reason is logout, reuse, password_change, suspension or administrator.
-- @column revoked not null
-- @param reason = 'logout'
SELECT littlemonster.revoke_refresh_tokens(:user_id, NULL, :reason) AS revoked;

-- name: logins_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of where a user is logged in, last renewed first.
-- created_at is the time of the last renewal. The next page starts before created_at
-- and id of the last row; NULLs start at the last renewed.
-- @row Login
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    token.id,
    token.family_id,
    token.user_agent,
    token.ip_address,
    token.created_at,
    token.expires_at
FROM littlemonster.refresh_tokens AS token
WHERE
    token.user_id = :user_id
    AND token.used_at IS NULL
    AND token.revoked_at IS NULL
    AND token.expires_at > now()
    AND (token.created_at, token.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY token.created_at DESC, token.id DESC
LIMIT :limit;

-- name: reused_refresh_tokens(before_reused_at, before_id, limit)
-- Returns a page of the tokens that came a second time, last first: logins of which
-- somebody has a copy.
-- The next page starts before reused_at and id of the last row; NULLs start at the
-- last.
-- @row ReusedRefreshToken
-- @param before_reused_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    token.id,
    token.user_id,
    token.family_id,
    token.user_agent,
    token.ip_address,
    token.created_at,
    token.used_at,
    token.reused_at
FROM littlemonster.refresh_tokens AS token
WHERE
    token.reused_at IS NOT NULL
    AND (token.reused_at, token.id) < (
        COALESCE(:before_reused_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY token.reused_at DESC, token.id DESC
LIMIT :limit;

-- name: purge_expired_tokens(batch_size)$
-- Deletes expired tokens, refresh and password reset, longest expired first, up to
-- batch_size of either kind, and returns how many; 0 means that none are left.
-- A purged token that comes again is an unknown one. Any number may purge at once.
-- @param batch_size = 1000
WITH refresh AS (
    DELETE FROM littlemonster.refresh_tokens AS token
    WHERE token.id = ANY (
        ARRAY(
            SELECT expired.id
            FROM littlemonster.refresh_tokens AS expired
            WHERE expired.expires_at < now()
            ORDER BY expired.expires_at, expired.id
            LIMIT :batch_size
            FOR UPDATE SKIP LOCKED
        )
    )
    RETURNING token.id
),

reset AS (
    DELETE FROM littlemonster.password_reset_tokens AS token
    WHERE token.id = ANY (
        ARRAY(
            SELECT expired.id
            FROM littlemonster.password_reset_tokens AS expired
            WHERE expired.expires_at < now()
            ORDER BY expired.expires_at, expired.id
            LIMIT :batch_size
            FOR UPDATE SKIP LOCKED
        )
    )
    RETURNING token.id
)

SELECT
    (SELECT count(*) FROM refresh) + (SELECT count(*) FROM reset) AS purged;
