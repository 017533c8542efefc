-- Logins.
--
-- The table and these statements know the SHA-256 of a token only, in hexadecimal, and
-- no row shows it.

-- name: open_session(user_id, token_hash, valid_for, password_hash)<!
-- Stores a session of an open account and returns it; none if the account is closed or
-- does not exist.
-- Given the password's hash that was compared with, none too if it is another by now.
-- Accounts.open_session makes the token.
-- @row Session
WITH owner AS MATERIALIZED (
    SELECT account.id
    FROM audiotricks.users AS account
    WHERE
        account.id = :user_id
        AND account.password_hash = :password_hash  -- @optional
        AND account.is_active
    FOR SHARE
)

INSERT INTO audiotricks.sessions AS session (
    user_id,
    token_hash,
    expires_at
)
SELECT
    owner.id,
    :token_hash,
    now() + :valid_for::interval
FROM owner
RETURNING
    session.id,
    session.user_id,
    session.expires_at,
    session.created_at;

-- name: session_user(token_hash)^
-- Returns the session that a token belongs to, and whose it is; none if the token is
-- unknown, closed or expired.
-- Closed accounts have no sessions, so no other table is looked at.
-- From a cache it can be a minute old where the session ended otherwise than by
-- close_session, so look at expires_at.
-- @row SessionUser
-- @cache 1min by token_hash
SELECT
    session.id AS session_id,
    session.user_id,
    session.expires_at
FROM audiotricks.sessions AS session
WHERE
    session.token_hash = :token_hash
    AND session.expires_at > now();

-- name: session_by_id(session_id)^
-- Returns a session, expired ones too until they are purged.
-- @row Session
SELECT
    session.id,
    session.user_id,
    session.expires_at,
    session.created_at
FROM audiotricks.sessions AS session
WHERE session.id = :session_id;

-- name: sessions_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of a user's sessions that have not expired, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row Session
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    session.id,
    session.user_id,
    session.expires_at,
    session.created_at
FROM audiotricks.sessions AS session
WHERE
    session.user_id = :user_id
    AND session.expires_at > now()
    AND (session.created_at, session.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    )
ORDER BY session.created_at DESC, session.id DESC
LIMIT :limit;

-- name: extend_session(token_hash, valid_for)<!
-- Lets a session that has not expired last until valid_for from now, and returns it.
-- @row Session
-- @invalidates session_user by token_hash
UPDATE audiotricks.sessions AS session
SET expires_at = now() + :valid_for::interval
WHERE
    session.token_hash = :token_hash
    AND session.expires_at > now()
RETURNING
    session.id,
    session.user_id,
    session.expires_at,
    session.created_at;

-- name: close_session(token_hash)!
-- Ends a session: what logging out does. Returns 1, or 0 if the token is unknown.
-- @invalidates session_user by token_hash
DELETE FROM audiotricks.sessions AS session
WHERE session.token_hash = :token_hash;

-- name: close_session_of_user(user_id, session_id)!
-- Ends one session of a user, such as one of sessions_of_user.
-- Returns 1, or 0 if it has ended or is not this user's.
DELETE FROM audiotricks.sessions AS session
WHERE
    session.id = :session_id
    AND session.user_id = :user_id;

-- name: close_all_sessions(user_id, except_session_id)!
-- Ends every session of a user, or every other one, and returns how many there were.
DELETE FROM audiotricks.sessions AS session
WHERE
    session.user_id = :user_id
    AND session.id <> :except_session_id;  -- @optional

-- name: purge_expired_sessions(batch_size)!
-- Deletes expired sessions, longest expired first, up to batch_size, and returns how
-- many; 0 means that none are left. Any number may purge at once.
-- @param batch_size = 1000
DELETE FROM audiotricks.sessions AS session
WHERE session.id = ANY (
    ARRAY(
        SELECT expired.id
        FROM audiotricks.sessions AS expired
        WHERE expired.expires_at <= now()
        ORDER BY expired.expires_at, expired.id
        LIMIT (SELECT :batch_size::bigint)
        FOR UPDATE SKIP LOCKED
    )
);
