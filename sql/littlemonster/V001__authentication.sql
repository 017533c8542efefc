-- The schema, its shared updated_at trigger function, the people who study, and how
-- they log in.
-- Depends on nothing.

CREATE SCHEMA IF NOT EXISTS littlemonster;

-- Mends: the reference names the tables and not their columns. Whoever deletes an
-- account deletes all that it owns, so there is no soft deletion to forget; status
-- shuts an account that must not be used and must not be lost.
CREATE TABLE littlemonster.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email varchar(255) NOT NULL,
    password_hash varchar(255),
    full_name varchar(255),
    avatar_url text,
    role text DEFAULT 'student' NOT NULL,
    status text DEFAULT 'active' NOT NULL,
    email_verified_at timestamptz,
    last_login_at timestamptz,
    password_changed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    CONSTRAINT users_role_check CHECK (role IN ('student', 'teacher', 'admin')),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE littlemonster.oauth_connections (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    provider_user_id varchar(255) NOT NULL,
    provider_email varchar(255),
    last_login_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT oauth_connections_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_connections_provider_provider_user_id_key
        UNIQUE (provider, provider_user_id),
    CONSTRAINT oauth_connections_user_id_provider_key UNIQUE (user_id, provider),
    CONSTRAINT oauth_connections_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_connections_provider_check CHECK (
        provider IN ('apple', 'facebook', 'github', 'google', 'microsoft')
    ),
    CONSTRAINT oauth_connections_provider_user_id_check CHECK (provider_user_id <> '')
);

-- One row a token. Tokens that replace one another are a family: one login of one
-- device. replaced_by is no foreign key: a token expires before the one that took its
-- place, and purging would have to look for it again at every row. No CHECK compares
-- reused_at with used_at: PostgreSQL checks the row of an UPDATE as the snapshot shows
-- it, before it looks up the newest one, and there the token may not be used yet.
CREATE TABLE littlemonster.refresh_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    family_id uuid DEFAULT gen_random_uuid() NOT NULL,
    token_hash bytea NOT NULL,
    user_agent varchar(255),
    ip_address inet,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_by uuid,
    reused_at timestamptz,
    revoked_at timestamptz,
    revoked_reason text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT refresh_tokens_expires_at_check CHECK (expires_at > created_at),
    CONSTRAINT refresh_tokens_replaced_by_check CHECK (
        (replaced_by IS NULL) = (used_at IS NULL)
    ),
    CONSTRAINT refresh_tokens_revoked_at_check CHECK (
        (revoked_at IS NULL) = (revoked_reason IS NULL)
    ),
    CONSTRAINT refresh_tokens_revoked_reason_check CHECK (
        revoked_reason IN (
            'logout', 'reuse', 'password_change', 'suspension', 'administrator'
        )
    )
);

CREATE TABLE littlemonster.password_reset_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT password_reset_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT password_reset_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT password_reset_tokens_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT password_reset_tokens_token_hash_check CHECK (
        octet_length(token_hash) = 32
    ),
    CONSTRAINT password_reset_tokens_expires_at_check CHECK (expires_at > created_at)
);

CREATE UNIQUE INDEX users_email_key
    ON littlemonster.users (lower(email));

CREATE INDEX users_created_at_idx
    ON littlemonster.users (created_at DESC, id DESC);

-- The cascade from users looks for spent tokens too, which the next index omits.
CREATE INDEX refresh_tokens_user_id_idx
    ON littlemonster.refresh_tokens (user_id);

-- Where a user is logged in. Spent tokens outnumber live ones a thousand to one.
CREATE INDEX refresh_tokens_user_id_created_at_idx
    ON littlemonster.refresh_tokens (user_id, created_at DESC, id DESC)
    WHERE used_at IS NULL AND revoked_at IS NULL;

-- A family has one live token at most: the invariant that rotation keeps, kept by the
-- database as well. What revokes a family looks here.
CREATE UNIQUE INDEX refresh_tokens_family_id_key
    ON littlemonster.refresh_tokens (family_id)
    WHERE used_at IS NULL AND revoked_at IS NULL;

-- Purging takes the oldest first.
CREATE INDEX refresh_tokens_expires_at_idx
    ON littlemonster.refresh_tokens (expires_at, id);

-- Reuse is rare, and somebody watches for it.
CREATE INDEX refresh_tokens_reused_at_idx
    ON littlemonster.refresh_tokens (reused_at DESC, id DESC)
    WHERE reused_at IS NOT NULL;

-- A user has one link that works: asking for another replaces it.
CREATE UNIQUE INDEX password_reset_tokens_user_id_key
    ON littlemonster.password_reset_tokens (user_id)
    WHERE used_at IS NULL;

CREATE INDEX password_reset_tokens_user_id_created_at_idx
    ON littlemonster.password_reset_tokens (user_id, created_at DESC, id DESC);

CREATE INDEX password_reset_tokens_expires_at_idx
    ON littlemonster.password_reset_tokens (expires_at, id);

CREATE FUNCTION littlemonster.set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

-- The first statement waits for whoever rotates a token of this user, because rotation
-- holds the user's row; the second one has a snapshot of its own, taken after that, and
-- so sees the token that the rotation has just made. A single statement could not: what
-- was inserted while it waited for a lock is not in its snapshot.
CREATE FUNCTION littlemonster.revoke_refresh_tokens(
    owner_id uuid,
    only_family_id uuid,
    reason text
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    revoked bigint;
BEGIN
    PERFORM account.id
    FROM littlemonster.users AS account
    WHERE account.id = owner_id
    FOR NO KEY UPDATE;

    UPDATE littlemonster.refresh_tokens AS token
    SET
        revoked_at = now(),
        revoked_reason = reason
    WHERE
        token.user_id = owner_id
        AND (only_family_id IS NULL OR token.family_id = only_family_id)
        AND token.used_at IS NULL
        AND token.revoked_at IS NULL;
    GET DIAGNOSTICS revoked = ROW_COUNT;
    RETURN revoked;
END;
$$;

CREATE FUNCTION littlemonster.revoke_reused_family()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM littlemonster.revoke_refresh_tokens(NEW.user_id, NEW.family_id, 'reuse');
    RETURN NULL;
END;
$$;

CREATE FUNCTION littlemonster.revoke_tokens_of_user()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM littlemonster.revoke_refresh_tokens(NEW.id, NULL, TG_ARGV[0]);
    RETURN NULL;
END;
$$;

CREATE FUNCTION littlemonster.forget_password_resets()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM littlemonster.password_reset_tokens AS reset
    WHERE
        reset.user_id = NEW.id
        AND reset.used_at IS NULL;
    RETURN NULL;
END;
$$;

CREATE FUNCTION littlemonster.stamp_password_change()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.password_changed_at = now();
    RETURN NEW;
END;
$$;

-- A login is no news about the person: last_login_at does not move updated_at.
CREATE TRIGGER users_set_updated_at
    BEFORE UPDATE ON littlemonster.users
    FOR EACH ROW
    WHEN (
        OLD.* IS DISTINCT FROM NEW.*
        AND OLD.last_login_at IS NOT DISTINCT FROM NEW.last_login_at
    )
    EXECUTE FUNCTION littlemonster.set_updated_at();

CREATE TRIGGER users_stamp_password_change
    BEFORE UPDATE OF password_hash ON littlemonster.users
    FOR EACH ROW
    EXECUTE FUNCTION littlemonster.stamp_password_change();

-- Whoever writes a password ends every login that came before it, the hash being the
-- same or not: a rule that no statement can forget.
CREATE TRIGGER users_revoke_tokens_on_password_change
    AFTER UPDATE OF password_hash ON littlemonster.users
    FOR EACH ROW
    EXECUTE FUNCTION littlemonster.revoke_tokens_of_user('password_change');

CREATE TRIGGER users_revoke_tokens_on_suspension
    AFTER UPDATE OF status ON littlemonster.users
    FOR EACH ROW
    WHEN (NEW.status = 'suspended' AND OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION littlemonster.revoke_tokens_of_user('suspension');

-- A reset link belongs to the address that it was sent to and the password that it was
-- to replace.
CREATE TRIGGER users_forget_password_resets
    AFTER UPDATE OF email, password_hash, status ON littlemonster.users
    FOR EACH ROW
    EXECUTE FUNCTION littlemonster.forget_password_resets();

CREATE TRIGGER oauth_connections_set_updated_at
    BEFORE UPDATE ON littlemonster.oauth_connections
    FOR EACH ROW
    WHEN (
        OLD.* IS DISTINCT FROM NEW.*
        AND OLD.last_login_at IS NOT DISTINCT FROM NEW.last_login_at
    )
    EXECUTE FUNCTION littlemonster.set_updated_at();

CREATE TRIGGER refresh_tokens_revoke_reused_family
    AFTER UPDATE OF reused_at ON littlemonster.refresh_tokens
    FOR EACH ROW
    WHEN (OLD.reused_at IS NULL AND NEW.reused_at IS NOT NULL)
    EXECUTE FUNCTION littlemonster.revoke_reused_family();

COMMENT ON SCHEMA littlemonster IS
    'A study platform: recordings, transcripts, study materials, conversations.';
COMMENT ON TABLE littlemonster.users IS
    'People who study, and those who teach and look after them.';
COMMENT ON COLUMN littlemonster.users.email IS
    'Unique whatever its case.';
COMMENT ON COLUMN littlemonster.users.password_hash IS
    'Salted hash made by the application; NULL where people log in elsewhere only.';
COMMENT ON COLUMN littlemonster.users.role IS
    'What the account may do: student, teacher or admin.';
COMMENT ON COLUMN littlemonster.users.status IS
    'active, or suspended: then it cannot log in, and everything it owns stays.';
COMMENT ON COLUMN littlemonster.users.email_verified_at IS
    'Time at which the email was proved to be theirs; NULL before.';
COMMENT ON COLUMN littlemonster.users.last_login_at IS
    'Time of the last login; NULL before the first.';
COMMENT ON COLUMN littlemonster.users.password_changed_at IS
    'Time of the last change of password, kept by a trigger; NULL before the first.';
COMMENT ON COLUMN littlemonster.users.updated_at IS
    'Time of the last change, kept by a trigger; logins do not count.';
COMMENT ON TABLE littlemonster.oauth_connections IS
    'Accounts at other providers with which people log in.';
COMMENT ON COLUMN littlemonster.oauth_connections.provider_user_id IS
    'The person''s id at the provider, which never changes; an email there may.';
COMMENT ON COLUMN littlemonster.oauth_connections.provider_email IS
    'The email that the provider told when they last logged in, if any.';
COMMENT ON COLUMN littlemonster.oauth_connections.last_login_at IS
    'Time of the last login by this connection; NULL before the first.';
COMMENT ON COLUMN littlemonster.oauth_connections.updated_at IS
    'Time of the last change, kept by a trigger; logins do not count.';
COMMENT ON TABLE littlemonster.refresh_tokens IS
    'Tokens that renew a login, each for one use.';
COMMENT ON COLUMN littlemonster.refresh_tokens.family_id IS
    'The login that the token goes back to, shared by all that replaced one another.';
COMMENT ON COLUMN littlemonster.refresh_tokens.token_hash IS
    'SHA-256 of the token. The token itself, 256 random bits, only its owner has.';
COMMENT ON COLUMN littlemonster.refresh_tokens.user_agent IS
    'The browser or device that got the token, as it calls itself.';
COMMENT ON COLUMN littlemonster.refresh_tokens.used_at IS
    'Time at which it was exchanged for another; NULL while it can be.';
COMMENT ON COLUMN littlemonster.refresh_tokens.replaced_by IS
    'Id of the token that it was exchanged for, which may have been purged.';
COMMENT ON COLUMN littlemonster.refresh_tokens.reused_at IS
    'Time at which the used token came again, so that somebody has a copy; it revoked '
    'the family.';
COMMENT ON COLUMN littlemonster.refresh_tokens.revoked_at IS
    'Time at which the token was made void before its use; NULL if it was not.';
COMMENT ON COLUMN littlemonster.refresh_tokens.revoked_reason IS
    'Why: logout, reuse, password_change, suspension or administrator.';
COMMENT ON TABLE littlemonster.password_reset_tokens IS
    'Tokens in the links with which people set a new password, each for one use.';
COMMENT ON COLUMN littlemonster.password_reset_tokens.token_hash IS
    'SHA-256 of the token. The token itself is in the mail and nowhere else.';
COMMENT ON COLUMN littlemonster.password_reset_tokens.used_at IS
    'Time at which it set a password; NULL while it can.';
COMMENT ON FUNCTION littlemonster.set_updated_at() IS
    'Sets updated_at to the time of the transaction that changes the row.';
COMMENT ON FUNCTION littlemonster.revoke_refresh_tokens(uuid, uuid, text) IS
    'Revokes the live refresh tokens of a user, of one family where that is given, and '
    'returns how many. A rotation at the same time is waited for, and what it issued '
    'is revoked too. Wants READ COMMITTED, the default.';
COMMENT ON FUNCTION littlemonster.revoke_reused_family() IS
    'Revokes the family of a refresh token that came a second time.';
COMMENT ON FUNCTION littlemonster.revoke_tokens_of_user() IS
    'Revokes all refresh tokens of a user, with the trigger''s argument as the reason.';
COMMENT ON FUNCTION littlemonster.forget_password_resets() IS
    'Deletes the reset token of a user that could still be used.';
COMMENT ON FUNCTION littlemonster.stamp_password_change() IS
    'Sets password_changed_at when a password is written.';
