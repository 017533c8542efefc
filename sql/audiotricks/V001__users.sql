-- The schema, its shared updated_at trigger function, and the people.
-- Depends on nothing.

CREATE SCHEMA IF NOT EXISTS audiotricks;

-- Mends: the reference schema made email and username unique as written; Ada and ada
-- are one person to whoever reads the name. It left the shape of both to the
-- application alone. An email has an @ and a username has none, so that people can log
-- in with either.
CREATE TABLE audiotricks.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email varchar(255) NOT NULL,
    username varchar(100) NOT NULL,
    password_hash varchar(255) NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    last_login_at timestamptz,
    is_active boolean DEFAULT true NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    CONSTRAINT users_username_check CHECK (username ~ '^[A-Za-z0-9_-]+$'),
    -- Whatever goes wrong, no password is stored as it was typed.
    CONSTRAINT users_password_hash_check CHECK (
        password_hash ~ '^\$2[aby]\$[0-9]{2}\$[A-Za-z0-9./]{53}$'
    )
);

CREATE UNIQUE INDEX users_email_key
    ON audiotricks.users (lower(email));

CREATE UNIQUE INDEX users_username_key
    ON audiotricks.users (lower(username));

CREATE INDEX users_created_at_idx
    ON audiotricks.users (created_at DESC, id DESC)
    WHERE is_active;

CREATE FUNCTION audiotricks.set_updated_at()
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
    BEFORE UPDATE ON audiotricks.users
    FOR EACH ROW
    WHEN (
        (
            OLD.email,
            OLD.username,
            OLD.password_hash,
            OLD.is_active
        ) IS DISTINCT FROM (
            NEW.email,
            NEW.username,
            NEW.password_hash,
            NEW.is_active
        )
    )
    EXECUTE FUNCTION audiotricks.set_updated_at();

COMMENT ON SCHEMA audiotricks IS
    'Recordings turned into text, summaries and key moments.';
COMMENT ON TABLE audiotricks.users IS
    'People with an account.';
COMMENT ON COLUMN audiotricks.users.email IS
    'Unique whatever its case.';
COMMENT ON COLUMN audiotricks.users.username IS
    'Letters, digits, _ and -; unique whatever its case.';
COMMENT ON COLUMN audiotricks.users.password_hash IS
    'bcrypt, 12 rounds.';
COMMENT ON COLUMN audiotricks.users.updated_at IS
    'Time of the last change, kept by a trigger; logins do not count.';
COMMENT ON COLUMN audiotricks.users.last_login_at IS
    'Time of the last login; NULL before the first.';
COMMENT ON COLUMN audiotricks.users.is_active IS
    'False once the account is closed; it then has no session and gets none.';
COMMENT ON FUNCTION audiotricks.set_updated_at() IS
    'Sets updated_at to the time of the transaction that changes the row.';
