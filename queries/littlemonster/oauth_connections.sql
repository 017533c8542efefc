-- Accounts at other providers with which people log in.

-- name: register_oauth_user(email, provider, provider_user_id, full_name, avatar_url, email_verified)<!
-- Creates an account without a password, connected to an account at a provider, and
-- returns it.
-- The email counts as verified only where the provider says so. An email that is taken
-- violates users_email_key, and an account at the provider that is connected violates
-- oauth_connections_provider_provider_user_id_key. Never connect by the email alone: it
-- would give an account to whoever can make the provider say its email.
-- @row User
-- @param full_name = None
-- @param avatar_url = None
-- @param email_verified = False
WITH registered AS (
    INSERT INTO littlemonster.users AS account (
        email,
        full_name,
        avatar_url,
        email_verified_at,
        last_login_at
    )
    VALUES (
        :email,
        :full_name,
        :avatar_url,
        CASE WHEN :email_verified THEN now() END,
        now()
    )
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
        account.updated_at
),

connected AS (
    INSERT INTO littlemonster.oauth_connections AS connection (
        user_id,
        provider,
        provider_user_id,
        provider_email,
        last_login_at
    )
    SELECT
        registered.id,
        :provider,
        :provider_user_id,
        registered.email,
        now()
    FROM registered
)

SELECT
    registered.id,
    registered.email,
    registered.full_name,
    registered.avatar_url,
    registered.role,
    registered.status,
    registered.email_verified_at,
    registered.last_login_at,
    registered.password_changed_at,
    registered.created_at,
    registered.updated_at
FROM registered
LIMIT 1;

-- name: link_oauth(user_id, provider, provider_user_id, provider_email)<!
-- Connects an account with one at a provider, and returns the connection.
-- Can be repeated. None if the account at the provider is somebody else's; a second
-- account at the same provider violates oauth_connections_user_id_provider_key.
-- @param provider_email = None
INSERT INTO littlemonster.oauth_connections AS connection (
    user_id,
    provider,
    provider_user_id,
    provider_email
)
VALUES (:user_id, :provider, :provider_user_id, :provider_email)
ON CONFLICT (provider, provider_user_id) DO UPDATE
SET provider_email = excluded.provider_email
WHERE connection.user_id = excluded.user_id
RETURNING
    connection.id,
    connection.user_id,
    connection.provider,
    connection.provider_user_id,
    connection.provider_email,
    connection.last_login_at,
    connection.created_at,
    connection.updated_at;

-- name: user_by_oauth(provider, provider_user_id)^
-- Returns the account that is connected with one at a provider, suspended or not.
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
FROM littlemonster.oauth_connections AS connection
INNER JOIN littlemonster.users AS account ON account.id = connection.user_id
WHERE
    connection.provider = :provider
    AND connection.provider_user_id = :provider_user_id;

-- name: record_oauth_login(provider, provider_user_id, provider_email)<!
-- Notes that somebody has just logged in by a provider, and returns their connection.
-- None if it is not known, or the account is suspended. The email is the one that the
-- provider tells now; NULL leaves the last one.
-- @param provider_email = None
WITH owner AS (
    UPDATE littlemonster.users AS account
    SET last_login_at = now()
    FROM littlemonster.oauth_connections AS known
    WHERE
        known.provider = :provider
        AND known.provider_user_id = :provider_user_id
        AND account.id = known.user_id
        AND account.status = 'active'
    RETURNING account.id
)

UPDATE littlemonster.oauth_connections AS connection
SET
    last_login_at = now(),
    provider_email = COALESCE(:provider_email::varchar, connection.provider_email)
FROM owner
WHERE
    connection.provider = :provider
    AND connection.provider_user_id = :provider_user_id
    AND connection.user_id = owner.id
RETURNING
    connection.id,
    connection.user_id,
    connection.provider,
    connection.provider_user_id,
    connection.provider_email,
    connection.last_login_at,
    connection.created_at,
    connection.updated_at;

-- name: connections_of_user(user_id)
-- Returns the connections of an account, by provider: one each at most.
SELECT
    connection.id,
    connection.user_id,
    connection.provider,
    connection.provider_user_id,
    connection.provider_email,
    connection.last_login_at,
    connection.created_at,
    connection.updated_at
FROM littlemonster.oauth_connections AS connection
WHERE connection.user_id = :user_id
ORDER BY connection.provider;

-- name: unlink_oauth(user_id, provider)!
-- Takes a connection away, unless it is the last way into the account: a password or
-- another connection must be there.
-- Returns 1, or 0 if it is the last way, or there is none. Of two such calls at once
-- the second goes by what the first has left.
WITH owner AS MATERIALIZED (
    SELECT
        account.id,
        account.password_hash IS NOT NULL AS has_password
    FROM littlemonster.users AS account
    WHERE account.id = :user_id
    FOR NO KEY UPDATE
),

-- Locked, and so without those that were deleted while the user's row was waited for.
known AS MATERIALIZED (
    SELECT connection.id
    FROM littlemonster.oauth_connections AS connection
    INNER JOIN owner ON owner.id = connection.user_id
    FOR UPDATE OF connection
)

DELETE FROM littlemonster.oauth_connections AS connection
USING owner
WHERE
    connection.user_id = owner.id
    AND connection.provider = :provider
    AND (
        owner.has_password
        OR EXISTS (
            SELECT 1
            FROM known
            WHERE known.id <> connection.id
        )
    );
