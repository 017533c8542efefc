-- Who may see and write what: row-level security, and what the roles may do.
-- Depends on every table.

-- audiotricks_app works for one user, whose id the setting audiotricks.user_id names.
-- audiotricks_auth knows nobody yet: it registers people and logs them in, and sees
-- accounts and sessions alone. audiotricks_operator works for all users: it purges,
-- and changes keys. No role can read both a password's hash and anything that people
-- made.
-- Roles belong to the whole cluster: another database with this schema may have made
-- them. They can log in, though without a password nobody can as them, because Citus
-- wants that of a role that a session sets on its workers.
DO $$
DECLARE
    wanted text;
    powerful boolean;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'audiotricks_app', 'audiotricks_auth', 'audiotricks_operator'
    ] LOOP
        SELECT known.rolsuper OR known.rolbypassrls
        INTO powerful
        FROM pg_catalog.pg_roles AS known
        WHERE known.rolname = wanted;
        IF powerful THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_role_specification',
                MESSAGE = format(
                    'the role %I is above row-level security', wanted
                ),
                HINT = format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', wanted);
        END IF;
        IF powerful IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    -- Another database was quicker.
                    NULL;
            END;
        END IF;
    END LOOP;
END;
$$;

-- FORCE: the owner of the tables is no user either. Without a user the setting is NULL
-- or empty, no row equals that, and none may be written. No sub-query: on Citus the
-- policies are those of the shards.
ALTER TABLE audiotricks.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.users FORCE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.sessions FORCE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.user_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.user_settings FORCE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.audio_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.audio_history FORCE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audiotricks.audit_log FORCE ROW LEVEL SECURITY;

CREATE POLICY users_in_scope ON audiotricks.users
    USING (id = NULLIF(current_setting('audiotricks.user_id', true), '')::uuid);

CREATE POLICY sessions_in_scope ON audiotricks.sessions
    USING (user_id = NULLIF(current_setting('audiotricks.user_id', true), '')::uuid);

CREATE POLICY user_settings_in_scope ON audiotricks.user_settings
    USING (user_id = NULLIF(current_setting('audiotricks.user_id', true), '')::uuid);

CREATE POLICY audio_history_in_scope ON audiotricks.audio_history
    USING (user_id = NULLIF(current_setting('audiotricks.user_id', true), '')::uuid);

CREATE POLICY audit_log_in_scope ON audiotricks.audit_log
    FOR SELECT
    USING (user_id = NULLIF(current_setting('audiotricks.user_id', true), '')::uuid);

-- Of anybody, because changes of all roles are told; nobody has the right to INSERT but
-- the owner, as whom the trigger function runs.
CREATE POLICY audit_log_of_triggers ON audiotricks.audit_log
    FOR INSERT
    WITH CHECK (true);

-- Who somebody is, is not known before they have logged in.
CREATE POLICY users_for_auth ON audiotricks.users
    TO audiotricks_auth
    USING (true);

CREATE POLICY sessions_for_auth ON audiotricks.sessions
    TO audiotricks_auth
    USING (true);

CREATE POLICY users_for_operator ON audiotricks.users
    TO audiotricks_operator
    USING (true);

CREATE POLICY sessions_for_operator ON audiotricks.sessions
    TO audiotricks_operator
    USING (true);

CREATE POLICY user_settings_for_operator ON audiotricks.user_settings
    TO audiotricks_operator
    USING (true);

CREATE POLICY audio_history_for_operator ON audiotricks.audio_history
    TO audiotricks_operator
    USING (true);

CREATE POLICY audit_log_for_operator ON audiotricks.audit_log
    TO audiotricks_operator
    USING (true);

-- Nothing is granted on partitions: rights on a table reach its partitions through it
-- alone, and with it its policies. Should somebody grant on all tables of the schema,
-- partitions have row-level security too, and no policy that shows anything. TRUNCATE
-- and REFERENCES look past policies.
GRANT USAGE ON SCHEMA audiotricks
    TO audiotricks_app, audiotricks_auth, audiotricks_operator;

-- A password is set, an account closed and a session opened by who logs people in.
GRANT
    SELECT (id, email, username, created_at, updated_at, last_login_at, is_active),
    UPDATE (email, username)
    ON audiotricks.users
    TO audiotricks_app;
GRANT
    SELECT (id, user_id, expires_at, created_at),
    DELETE
    ON audiotricks.sessions
    TO audiotricks_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    audiotricks.user_settings,
    audiotricks.audio_history
    TO audiotricks_app;
GRANT SELECT ON audiotricks.audit_log TO audiotricks_app;

GRANT SELECT, INSERT, UPDATE ON audiotricks.users TO audiotricks_auth;
GRANT SELECT, INSERT, DELETE ON audiotricks.sessions TO audiotricks_auth;

-- To skip rows that others hold, the purges lock them, which takes UPDATE.
GRANT
    SELECT (id, email, username, created_at, updated_at, last_login_at, is_active),
    UPDATE (email, username, is_active),
    DELETE
    ON audiotricks.users
    TO audiotricks_operator;
GRANT
    SELECT (id, user_id, expires_at, created_at),
    UPDATE (expires_at),
    DELETE
    ON audiotricks.sessions
    TO audiotricks_operator;
GRANT SELECT, UPDATE, DELETE ON
    audiotricks.user_settings,
    audiotricks.audio_history
    TO audiotricks_operator;
GRANT SELECT, DELETE ON audiotricks.audit_log TO audiotricks_operator;
