-- People with an account in a tenant.

-- name: create_user(tenant_id, email, password_hash, role)<!
-- Creates an account and returns it.
-- An email that the tenant has already, in any case, violates
-- users_email_lower_tenant_id_key.
-- @row User
-- @param role = 'member'
INSERT INTO mindia.users AS account (tenant_id, email, password_hash, role)
VALUES (:tenant_id, :email, :password_hash, :role)
RETURNING
    account.id,
    account.tenant_id,
    account.email,
    account.role,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: user_by_id(tenant_id, user_id)^
-- Returns an account, active or not.
-- @row User
SELECT
    account.id,
    account.tenant_id,
    account.email,
    account.role,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM mindia.users AS account
WHERE
    account.tenant_id = :tenant_id
    AND account.id = :user_id;

-- name: user_by_email(tenant_id, email)^
-- Returns a tenant's account with an email, whatever its case, active or not.
-- @row User
SELECT
    account.id,
    account.tenant_id,
    account.email,
    account.role,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM mindia.users AS account
WHERE
    account.tenant_id = :tenant_id
    AND account.email_lower = lower(:email);

-- name: user_credentials(tenant_id, email)^
-- Returns what a login with a password needs: the only read of the password hash.
-- None if the account is not active.
SELECT
    account.id,
    account.password_hash,
    account.role
FROM mindia.users AS account
WHERE
    account.tenant_id = :tenant_id
    AND account.email_lower = lower(:email)
    AND account.is_active;

-- name: accounts_of_email(email, after_tenant_id, limit)
-- Returns a page of the active accounts with an email, of all tenants that are not
-- deleted, by tenant: for an operator, to offer a choice at the login.
-- The next page starts after tenant_id of the last row; NULL starts at the first.
-- @param after_tenant_id = None
-- @param limit = 50
SELECT
    account.tenant_id,
    account.id,
    account.role,
    tenant.name AS tenant_name,
    tenant.status AS tenant_status
FROM mindia.users AS account
INNER JOIN mindia.tenants AS tenant ON tenant.id = account.tenant_id
WHERE
    account.email_lower = lower(:email)
    AND account.is_active
    AND tenant.status <> 'deleted'
    AND account.tenant_id > CASE
        WHEN :after_tenant_id::uuid IS NULL
            THEN '00000000-0000-0000-0000-000000000000'
        ELSE :after_tenant_id
    END
ORDER BY account.tenant_id
LIMIT :limit;

-- name: users_page(tenant_id, role, is_active, before_created_at, before_id, limit)
-- Returns a page of a tenant's accounts, newest first, by role and activity if given.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row User
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    account.id,
    account.tenant_id,
    account.email,
    account.role,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at
FROM mindia.users AS account
WHERE
    account.tenant_id = :tenant_id
    AND account.role = :role  -- @optional
    AND account.is_active = :is_active  -- @optional
    AND (account.created_at, account.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY account.created_at DESC, account.id DESC
LIMIT :limit;

-- name: update_user(tenant_id, user_id, email, role, is_active)<!
-- Changes the given fields of an account and returns it; none if there is none.
-- A patch: what is not given stays as it is. An email that is taken violates
-- users_email_lower_tenant_id_key.
-- @row User
UPDATE mindia.users AS account
SET
    email = :email,  -- @optional
    role = :role,  -- @optional
    is_active = :is_active  -- @optional
WHERE
    account.tenant_id = :tenant_id
    AND account.id = :user_id
RETURNING
    account.id,
    account.tenant_id,
    account.email,
    account.role,
    account.is_active,
    account.created_at,
    account.updated_at,
    account.last_login_at;

-- name: set_password_hash(tenant_id, user_id, password_hash)!
-- Changes a password; returns 1, or 0 if the account does not exist.
UPDATE mindia.users AS account
SET password_hash = :password_hash
WHERE
    account.tenant_id = :tenant_id
    AND account.id = :user_id;

-- name: record_login(tenant_id, user_id)!
-- Notes that an active account has just logged in.
-- Returns 1, or 0 if it is not active or does not exist. The tenant must be active: in
-- the scope of one that is suspended this is refused as every write is, so that its
-- people read without a trace of their login.
UPDATE mindia.users AS account
SET last_login_at = now()
WHERE
    account.tenant_id = :tenant_id
    AND account.id = :user_id
    AND account.is_active;

-- name: delete_user(tenant_id, user_id)!
-- Deletes an account for good; returns 1, or 0 if there is none. What the person
-- uploaded belongs to the tenant and stays.
DELETE FROM mindia.users AS account
WHERE
    account.tenant_id = :tenant_id
    AND account.id = :user_id;
