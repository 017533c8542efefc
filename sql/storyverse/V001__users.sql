-- The schema, its shared updated_at trigger function, the people and their logins at
-- other providers.
-- Depends on nothing.

CREATE SCHEMA IF NOT EXISTS storyverse;

-- Mends: the reference schema made email and username unique as written and indexed
-- both once more. Ada and ada are one person to whoever reads the name. provider in
-- oauth_accounts stays open: google and github were where it began.
CREATE TABLE storyverse.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email varchar(255) NOT NULL,
    password_hash varchar(255),
    username varchar(50) NOT NULL,
    display_name varchar(100),
    avatar_url varchar(500),
    bio text,
    role varchar(20) DEFAULT 'user' NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    last_login_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_role_check CHECK (role IN ('user', 'moderator', 'admin'))
);

CREATE UNIQUE INDEX users_email_key
    ON storyverse.users (lower(email));

CREATE UNIQUE INDEX users_username_key
    ON storyverse.users (lower(username));

CREATE INDEX users_created_at_idx
    ON storyverse.users (created_at DESC, id DESC)
    WHERE is_active;

-- The few who may do more than others.
CREATE INDEX users_role_created_at_idx
    ON storyverse.users (role, created_at DESC, id DESC)
    WHERE role <> 'user';

-- Mends: created_at alone told when an account was linked, and nothing told when its
-- tokens were last renewed.
CREATE TABLE storyverse.oauth_accounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    provider varchar(50) NOT NULL,
    provider_id varchar(255) NOT NULL,
    access_token text,
    refresh_token text,
    expires_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT oauth_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_accounts_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_accounts_provider_provider_id_key UNIQUE (provider, provider_id)
);

CREATE INDEX oauth_accounts_user_id_provider_idx
    ON storyverse.oauth_accounts (user_id, provider, id);

CREATE FUNCTION storyverse.set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

-- A login is no news about the person: last_login_at does not move updated_at.
CREATE TRIGGER users_set_updated_at
    BEFORE UPDATE ON storyverse.users
    FOR EACH ROW
    WHEN (
        (
            OLD.email,
            OLD.password_hash,
            OLD.username,
            OLD.display_name,
            OLD.avatar_url,
            OLD.bio,
            OLD.role,
            OLD.email_verified,
            OLD.is_active
        ) IS DISTINCT FROM (
            NEW.email,
            NEW.password_hash,
            NEW.username,
            NEW.display_name,
            NEW.avatar_url,
            NEW.bio,
            NEW.role,
            NEW.email_verified,
            NEW.is_active
        )
    )
    EXECUTE FUNCTION storyverse.set_updated_at();

CREATE TRIGGER oauth_accounts_set_updated_at
    BEFORE UPDATE ON storyverse.oauth_accounts
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION storyverse.set_updated_at();

COMMENT ON SCHEMA storyverse IS
    'Collaborative story scenes, continued by AI video jobs.';
COMMENT ON TABLE storyverse.users IS
    'People who write, watch and moderate stories.';
COMMENT ON COLUMN storyverse.users.email IS
    'Unique whatever its case.';
COMMENT ON COLUMN storyverse.users.password_hash IS
    'Salted hash made by the application; NULL where people log in elsewhere only.';
COMMENT ON COLUMN storyverse.users.username IS
    'The public name, unique whatever its case.';
COMMENT ON COLUMN storyverse.users.role IS
    'What the account may do: user, moderator or admin.';
COMMENT ON COLUMN storyverse.users.email_verified IS
    'Whether the email was proved to be theirs.';
COMMENT ON COLUMN storyverse.users.is_active IS
    'False once the account is closed; it then cannot log in, and what it wrote stays.';
COMMENT ON COLUMN storyverse.users.updated_at IS
    'Time of the last change, kept by a trigger; logins do not count.';
COMMENT ON COLUMN storyverse.users.last_login_at IS
    'Time of the last login; NULL before the first.';
COMMENT ON TABLE storyverse.oauth_accounts IS
    'Accounts at other providers with which people log in.';
COMMENT ON COLUMN storyverse.oauth_accounts.provider IS
    'Where they log in, such as google or github.';
COMMENT ON COLUMN storyverse.oauth_accounts.provider_id IS
    'The person''s id at the provider.';
COMMENT ON COLUMN storyverse.oauth_accounts.access_token IS
    'A secret of the provider''s, for calls in the person''s name.';
COMMENT ON COLUMN storyverse.oauth_accounts.refresh_token IS
    'A secret of the provider''s, for the next access token.';
COMMENT ON COLUMN storyverse.oauth_accounts.expires_at IS
    'Time at which the access token expires; NULL if it does not.';
COMMENT ON COLUMN storyverse.oauth_accounts.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON FUNCTION storyverse.set_updated_at() IS
    'Sets updated_at to the time of the transaction that changes the row.';
