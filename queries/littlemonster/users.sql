-- People who study, and those who teach and look after them.

-- name: register_user(email, password_hash, full_name, avatar_url, role)<!
-- Creates an account and returns it.
-- Without a password_hash it can be entered by way of a connection (link_oauth) or a
-- password reset. An email that is taken in any case violates users_email_key.
-- @row User
-- @param password_hash = None
-- @param full_name = None
-- @param avatar_url = None
-- @param role = 'student'
INSERT INTO littlemonster.users AS account (
    email,
    password_hash,
    full_name,
    avatar_url,
    role
)
VALUES (:email, :password_hash, :full_name, :avatar_url, :role)
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at;

-- name: user_by_id(user_id)^
-- Returns an account, suspended or not.
-- @row User
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at
FROM littlemonster.users AS account
WHERE account.id = :user_id;

-- name: user_by_email(email)^
-- Returns the account with an email, whatever its case, suspended or not.
-- @row User
SELECT
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at
FROM littlemonster.users AS account
WHERE lower(account.email) = lower(:email);

-- name: user_credentials(email)^
-- Returns what a login with a password needs: the only read of the password hash.
-- None if the account is suspended or has no password. Hand password_changed_at on to
-- issue_refresh_token.
SELECT
    account.id,
    account.password_hash,
    account.password_changed_at
FROM littlemonster.users AS account
WHERE
    lower(account.email) = lower(:email)
    AND account.status = 'active'
    AND account.password_hash IS NOT NULL;

-- name: users_page(role, status, before_created_at, before_id, limit)
-- Returns a page of the accounts, newest first.
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
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at
FROM littlemonster.users AS account
WHERE
    account.role = :role  -- @optional
    AND account.status = :status  -- @optional
    AND (account.created_at, account.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: update_user(user_id, full_name, avatar_url)<!
-- Changes the given fields of an account and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field. Email, password,
-- role and status have statements of their own.
-- @row User
UPDATE littlemonster.users AS account
SET
    full_name = :full_name,  -- @optional
    avatar_url = :avatar_url  -- @optional
WHERE account.id = :user_id
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at;

-- name: set_email(user_id, email)<!
-- Gives an account another email, not verified yet, and returns it; none if there is
-- none.
-- A reset link sent to the old one no longer works. An email that is taken violates
-- users_email_key.
-- @row User
UPDATE littlemonster.users AS account
SET
    email = :email,
    email_verified_at = NULL
WHERE account.id = :user_id
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at;

-- name: verify_email(user_id, email)!
-- Records that an account's email was proved to be theirs.
-- Returns 1, or 0 if the account has another email by now, or does not exist. Repeated,
-- it keeps the first time.
UPDATE littlemonster.users AS account
SET email_verified_at = COALESCE(account.email_verified_at, now())
WHERE
    account.id = :user_id
    AND lower(account.email) = lower(:email);

-- name: set_password_hash(user_id, password_hash)!
-- Changes a password, and so ends every login of the account and voids its reset link.
-- Returns 1, or 0 if the account does not exist. NULL takes the password away.
UPDATE littlemonster.users AS account
SET password_hash = :password_hash
WHERE account.id = :user_id;

-- name: record_login(user_id)!
-- Notes that an active account has just logged in.
-- Returns 1, or 0 if it is suspended or does not exist.
UPDATE littlemonster.users AS account
SET last_login_at = now()
WHERE
    account.id = :user_id
    AND account.status = 'active';

-- name: set_role(user_id, role)<!
-- Changes what an account may do and returns it; none if there is none.
-- @row User
UPDATE littlemonster.users AS account
SET role = :role
WHERE account.id = :user_id
RETURNING
    account.id,
    account.email,
    account.full_name,
    account.avatar_url,
    account.role,
    account.status,
    account.email_verified_at,
    account.last_login_at,
    account.password_changed_at,
    account.created_at,
    account.updated_at;

-- name: suspend_user(user_id)!
-- Shuts an account, and so ends every login of it.
-- Returns 1, or 0 if it is suspended already or does not exist.
UPDATE littlemonster.users AS account
SET status = 'suspended'
WHERE
    account.id = :user_id
    AND account.status = 'active';

-- name: reactivate_user(user_id)!
-- Undoes suspend_user; the account has to log in again.
-- Returns 1, or 0 if it is active or does not exist.
UPDATE littlemonster.users AS account
SET status = 'active'
WHERE
    account.id = :user_id
    AND account.status = 'suspended';

-- name: delete_user(user_id)!
-- Deletes an account for good with all that it owns; returns 1, or 0 if there is none.
-- Stored files are the business of the caller, who has to list them first.
DELETE FROM littlemonster.users AS account
WHERE account.id = :user_id;
