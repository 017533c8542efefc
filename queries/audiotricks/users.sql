-- People with an account.
--
-- No row of these has a password's hash but that of credentials and credentials_of.

-- name: register(email, username, password_hash)<!
-- Creates an account and returns it.
-- An email or username that is taken in any case violates users_email_key or
-- users_username_key. The hash is bcrypt's: Accounts.register makes it of a password.
-- @row User
INSERT INTO audiotricks.users AS account (
    email,
    username,
    password_hash
)
VALUES (
    :email,
    :username,
    :password_hash
)
RETURNING
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active;

-- name: user_by_id(user_id)^
-- Returns an account, closed ones too.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active
FROM audiotricks.users AS account
WHERE account.id = :user_id;

-- name: user_by_email(email)^
-- Returns the open account with an email, whatever its case.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active
FROM audiotricks.users AS account
WHERE
    lower(account.email) = lower(:email)
    AND account.is_active;

-- name: user_by_username(username)^
-- Returns the open account with a username, whatever its case.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active
FROM audiotricks.users AS account
WHERE
    lower(account.username) = lower(:username)
    AND account.is_active;

-- name: users_page(before_created_at, before_id, limit)
-- Returns a page of open accounts, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row User
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active
FROM audiotricks.users AS account
WHERE
    account.is_active
    AND (account.created_at, account.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: credentials(login)^
-- Returns what a login needs of the open account with an email or a username.
-- The two cannot be mistaken for each other, for only an email has an @.
-- Accounts.authenticate compares in the same time whether there is such an account.
-- @row Credentials
SELECT
    account.id,
    account.password_hash
FROM audiotricks.users AS account
WHERE
    (
        lower(account.email) = lower(:login)
        OR lower(account.username) = lower(:login)
    )
    AND account.is_active
ORDER BY account.id
LIMIT 1;

-- name: credentials_of(user_id)^
-- Returns the same of an open account that is known.
-- @row Credentials
SELECT
    account.id,
    account.password_hash
FROM audiotricks.users AS account
WHERE
    account.id = :user_id
    AND account.is_active;

-- name: touch_last_login(user_id, password_hash)<!
-- Records that somebody logged in now and returns the account; none if it is closed.
-- Given the hash that was compared with, none too if it is another by now: comparing
-- takes long enough for that.
-- @row User
UPDATE audiotricks.users AS account
SET last_login_at = now()
WHERE
    account.id = :user_id
    AND account.password_hash = :password_hash  -- @optional
    AND account.is_active
RETURNING
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active;

-- name: update_user(user_id, email, username)<!
-- Changes the given fields of an open account and returns it; none if there is none.
-- @row User
UPDATE audiotricks.users AS account
SET
    email = :email,  -- @optional
    username = :username  -- @optional
WHERE
    account.id = :user_id
    AND account.is_active
RETURNING
    account.id,
    account.email,
    account.username,
    account.created_at,
    account.updated_at,
    account.last_login_at,
    account.is_active;

-- name: set_password_hash(user_id, password_hash, current_hash)!
-- Replaces the password of an open account, which closes all its sessions.
-- Returns 1, or 0 if there is no such account; 0 too if current_hash is given and is
-- not the one that it has.
UPDATE audiotricks.users AS account
SET password_hash = :password_hash
WHERE
    account.id = :user_id
    AND account.password_hash = :current_hash  -- @optional
    AND account.is_active;

-- name: deactivate_user(user_id)!
-- Closes an account: its sessions end, nobody can log in, and what it has stays.
-- Returns 1, or 0 if it was closed already or never existed.
UPDATE audiotricks.users AS account
SET is_active = false
WHERE
    account.id = :user_id
    AND account.is_active;

-- name: reactivate_user(user_id)!
-- Undoes deactivate_user, but for the sessions.
-- Returns 1, or 0 if the account is open or never existed.
UPDATE audiotricks.users AS account
SET is_active = true
WHERE
    account.id = :user_id
    AND NOT account.is_active;

-- name: delete_user(user_id)!
-- Erases a closed account for good, with its settings and its history.
-- Returns 1, or 0 if it is open or does not exist. The audit log keeps what it has
-- told; erase_audit_of_user takes that away.
DELETE FROM audiotricks.users AS account
WHERE
    account.id = :user_id
    AND NOT account.is_active;
