-- Accounts at other providers with which people log in.

-- name: link_oauth_account(user_id, provider, provider_id, access_token, refresh_token, expires_at)<!
-- Links somebody's account at a provider to theirs here and returns the link.
-- Linking again keeps the link and renews its tokens; without a refresh token the old
-- one stays, because most providers hand it out only once. None if the account there
-- is linked to somebody else here. Tokens are secrets and are not returned.
-- @row OauthAccount
-- @param access_token = None
-- @param refresh_token = None
-- @param expires_at = None
INSERT INTO storyverse.oauth_accounts AS linked (
    user_id,
    provider,
    provider_id,
    access_token,
    refresh_token,
    expires_at
)
VALUES (
    :user_id,
    :provider,
    :provider_id,
    :access_token,
    :refresh_token,
    :expires_at
)
ON CONFLICT ON CONSTRAINT oauth_accounts_provider_provider_id_key DO UPDATE
SET
    access_token = EXCLUDED.access_token,
    refresh_token = COALESCE(EXCLUDED.refresh_token, linked.refresh_token),
    expires_at = EXCLUDED.expires_at
WHERE linked.user_id = EXCLUDED.user_id
RETURNING
    linked.id,
    linked.user_id,
    linked.provider,
    linked.provider_id,
    linked.expires_at,
    linked.created_at,
    linked.updated_at;

-- name: oauth_account_by_id(oauth_account_id)^
-- Returns a link, without its tokens.
-- @row OauthAccount
SELECT
    linked.id,
    linked.user_id,
    linked.provider,
    linked.provider_id,
    linked.expires_at,
    linked.created_at,
    linked.updated_at
FROM storyverse.oauth_accounts AS linked
WHERE linked.id = :oauth_account_id;

-- name: oauth_accounts_of_user(user_id)
-- Returns the links of an account, by provider, without their tokens.
-- @row OauthAccount
SELECT
    linked.id,
    linked.user_id,
    linked.provider,
    linked.provider_id,
    linked.expires_at,
    linked.created_at,
    linked.updated_at
FROM storyverse.oauth_accounts AS linked
WHERE linked.user_id = :user_id
ORDER BY linked.provider, linked.id;

-- name: oauth_tokens(oauth_account_id)^
-- Returns the tokens of a link whose account is open: the only read of these secrets.
SELECT
    linked.id,
    linked.access_token,
    linked.refresh_token,
    linked.expires_at
FROM storyverse.oauth_accounts AS linked
INNER JOIN storyverse.users AS account ON account.id = linked.user_id
WHERE
    linked.id = :oauth_account_id
    AND account.is_active;

-- name: set_oauth_tokens(oauth_account_id, access_token, refresh_token, expires_at)!
-- Stores the tokens that a provider has renewed; returns 1, or 0 if there is no link.
-- A patch: what is not given stays as it is, and NULL forgets a token.
UPDATE storyverse.oauth_accounts AS linked
SET
    access_token = :access_token,  -- @optional
    refresh_token = :refresh_token,  -- @optional
    expires_at = :expires_at  -- @optional
WHERE linked.id = :oauth_account_id;

-- name: unlink_oauth_account(user_id, oauth_account_id)!
-- Removes a link of an account; returns 1, or 0 if it has no such link.
DELETE FROM storyverse.oauth_accounts AS linked
WHERE
    linked.id = :oauth_account_id
    AND linked.user_id = :user_id;
