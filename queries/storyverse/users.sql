-- People who write, watch and moderate stories.

-- name: create_user(email, username, password_hash, display_name, avatar_url, bio, role, email_verified)<!
-- Creates an account and returns it.
-- An email or username that is taken in any case violates users_email_key or
-- users_username_key. Without a password hash one can log in elsewhere only.
-- @row User
-- @param password_hash = None
-- @param display_name = None
-- @param avatar_url = None
-- @param bio = None
-- @param role = 'user'
-- @param email_verified = False
INSERT INTO storyverse.users AS account (
    email,
    username,
    password_hash,
    display_name,
    avatar_url,
    bio,
    role,
    email_verified
)
VALUES (
    :email,
    :username,
    :password_hash,
    :display_name,
    :avatar_url,
    :bio,
    :role,
    :email_verified
)
RETURNING
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: user_by_id(user_id)^
-- Returns an account, closed ones too: what they wrote still names them.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
WHERE account.id = :user_id;

-- name: users_by_ids(user_ids)
-- Returns the accounts with these ids, closed ones too, by id: the authors of a page in
-- one call. An id without an account is not a key.
-- @row User
-- @key_by id
SELECT
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
WHERE account.id = ANY (:user_ids)
ORDER BY account.id;

-- name: user_by_email(email)^
-- Returns the open account with an email, whatever its case.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
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
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
WHERE
    lower(account.username) = lower(:username)
    AND account.is_active;

-- name: user_by_oauth(provider, provider_id)^
-- Returns the open account to which somebody's account at a provider is linked.
-- @row User
SELECT
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.oauth_accounts AS linked
INNER JOIN storyverse.users AS account ON account.id = linked.user_id
WHERE
    linked.provider = :provider
    AND linked.provider_id = :provider_id
    AND account.is_active;

-- name: user_credentials(email)^
-- Returns what a login needs of an open account: the only read of the password hash.
-- NULL means that there is no password to log in with.
SELECT
    account.id,
    account.password_hash
FROM storyverse.users AS account
WHERE
    lower(account.email) = lower(:email)
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
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
WHERE
    account.is_active
    AND (account.created_at, account.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: staff_page(role, before_created_at, before_id, limit)
-- Returns a page of the moderators or of the admins, newest first, closed accounts too.
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
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM storyverse.users AS account
WHERE
    account.role = :role
    AND account.role <> 'user'
    AND (account.created_at, account.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: update_user(user_id, username, display_name, avatar_url, bio)<!
-- Changes the given fields of an open account and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
-- @row User
UPDATE storyverse.users AS account
SET
    username = :username,  -- @optional
    display_name = :display_name,  -- @optional
    avatar_url = :avatar_url,  -- @optional
    bio = :bio  -- @optional
WHERE
    account.id = :user_id
    AND account.is_active
RETURNING
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: change_email(user_id, email)<!
-- Changes the email of an open account and returns it; none if there is none.
-- Another email is yet to be verified; another spelling of the same one is not.
-- @row User
UPDATE storyverse.users AS account
SET
    email = :email::text,
    email_verified = (
        account.email_verified
        AND lower(account.email) = lower(:email::text)
    )
WHERE
    account.id = :user_id
    AND account.is_active
RETURNING
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: verify_email(user_id, email)!
-- Records that the email of an open account was proved to be theirs.
-- Returns 1, or 0 if the account has another email by now.
UPDATE storyverse.users AS account
SET email_verified = true
WHERE
    account.id = :user_id
    AND lower(account.email) = lower(:email)
    AND account.is_active;

-- name: set_password_hash(user_id, password_hash)!
-- Replaces the password hash of an open account; NULL takes the password away.
-- Returns 1, or 0 if there is no such account.
UPDATE storyverse.users AS account
SET password_hash = :password_hash
WHERE
    account.id = :user_id
    AND account.is_active;

-- name: set_role(user_id, role)<!
-- Gives an account another role and returns the account; none if there is none.
-- @row User
UPDATE storyverse.users AS account
SET role = :role
WHERE account.id = :user_id
RETURNING
    account.id,
    account.email,
    account.username,
    account.display_name,
    account.avatar_url,
    account.bio,
    account.role,
    account.email_verified,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: touch_last_login(user_id)!
-- Records that somebody logged in now; returns 1, or 0 if there is no open account.
UPDATE storyverse.users AS account
SET last_login_at = now()
WHERE
    account.id = :user_id
    AND account.is_active;

-- name: deactivate_user(user_id)!
-- Closes an account: nobody can log in with it, and what it wrote stays.
-- Returns 1, or 0 if it was closed already or never existed.
UPDATE storyverse.users AS account
SET is_active = false
WHERE
    account.id = :user_id
    AND account.is_active;

-- name: reactivate_user(user_id)!
-- Undoes deactivate_user.
-- Returns 1, or 0 if the account is open or never existed.
UPDATE storyverse.users AS account
SET is_active = true
WHERE
    account.id = :user_id
    AND NOT account.is_active;

-- name: delete_user(user_id)!
-- Erases a closed account for good, with its likes and its logins elsewhere; its views
-- become anonymous.
-- Returns 1, or 0 if it is open or does not exist. An account that wrote something
-- others may have built on cannot be erased and violates a foreign key.
DELETE FROM storyverse.users AS account
WHERE
    account.id = :user_id
    AND NOT account.is_active;
