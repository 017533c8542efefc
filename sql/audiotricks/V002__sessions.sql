-- Logins, each known by the SHA-256 of its token.
-- Depends on users.

-- Mends: the reference schema indexed token_hash once more beside its unique key.
CREATE TABLE audiotricks.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token_hash varchar(255) NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES audiotricks.users (id) ON DELETE CASCADE,
    -- What a request asks for is in the index.
    CONSTRAINT sessions_token_hash_key
        UNIQUE (token_hash) INCLUDE (id, user_id, expires_at),
    -- A hash and nothing else: a token stored by mistake is refused.
    CONSTRAINT sessions_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT sessions_expires_at_check CHECK (expires_at > created_at)
)
-- Every login adds a row and the purge takes it away again.
WITH (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.05
);

CREATE INDEX sessions_user_id_created_at_idx
    ON audiotricks.sessions (user_id, created_at DESC, id DESC);

-- What the purge takes, oldest first.
CREATE INDEX sessions_expires_at_idx
    ON audiotricks.sessions (expires_at, id);

-- Only an active account has sessions, and none that an older password opened. So
-- whether a token is good is answered by one look at its session, and no request has to
-- look at the account as well. A trigger and not part of the statement that changes the
-- account: it looks after that has waited for sessions that are being opened.
CREATE FUNCTION audiotricks.close_sessions()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM audiotricks.sessions AS session
    WHERE session.user_id = NEW.id;
    RETURN NULL;
END;
$$;

-- The other half. The lock makes an account that is being closed wait for the session
-- that is being opened, whose row it then finds; or the other way round.
CREATE FUNCTION audiotricks.refuse_session_of_inactive()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM audiotricks.users AS account
    WHERE
        account.id = NEW.user_id
        AND account.is_active
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'an account that is not active has no sessions',
            SCHEMA = 'audiotricks',
            TABLE = 'sessions',
            CONSTRAINT = 'sessions_user_is_active';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER users_close_sessions
    AFTER UPDATE OF is_active, password_hash ON audiotricks.users
    FOR EACH ROW
    WHEN (
        (OLD.is_active AND NOT NEW.is_active)
        OR OLD.password_hash <> NEW.password_hash
    )
    EXECUTE FUNCTION audiotricks.close_sessions();

CREATE TRIGGER sessions_refuse_inactive
    BEFORE INSERT OR UPDATE OF user_id ON audiotricks.sessions
    FOR EACH ROW
    EXECUTE FUNCTION audiotricks.refuse_session_of_inactive();

COMMENT ON TABLE audiotricks.sessions IS
    'Logins that last until they expire or are closed; of active accounts only.';
COMMENT ON COLUMN audiotricks.sessions.token_hash IS
    'SHA-256 of the login token, in hexadecimal; the token itself is stored nowhere.';
COMMENT ON FUNCTION audiotricks.close_sessions() IS
    'Deletes the sessions of an account that is closed, or gets another password.';
COMMENT ON FUNCTION audiotricks.refuse_session_of_inactive() IS
    'Refuses sessions of closed accounts, as violations of sessions_user_is_active.';
