-- Every change of data, written by triggers.
-- Depends on every other table.

-- No foreign key: what is told of a user outlives the user.
CREATE TABLE audiotricks.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    user_id uuid NOT NULL,
    table_name varchar(63) NOT NULL,
    row_id uuid NOT NULL,
    operation varchar(6) NOT NULL,
    old_row jsonb,
    new_row jsonb,
    acting_user_id uuid,
    database_role varchar(63) NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT audit_log_table_name_check CHECK (
        table_name IN ('users', 'sessions', 'user_settings', 'audio_history')
    ),
    CONSTRAINT audit_log_operation_check CHECK (
        operation IN ('insert', 'update', 'delete')
    ),
    CONSTRAINT audit_log_rows_check CHECK (
        (old_row IS NULL) = (operation = 'insert')
        AND (new_row IS NULL) = (operation = 'delete')
    )
)
PARTITION BY RANGE (created_at);

CREATE INDEX audit_log_user_id_created_at_idx
    ON audiotricks.audit_log (user_id, created_at DESC, id DESC);

CREATE INDEX audit_log_row_id_created_at_idx
    ON audiotricks.audit_log (row_id, created_at DESC, id DESC);

CREATE INDEX audit_log_created_at_idx
    ON audiotricks.audit_log (created_at DESC, id DESC);

-- Called with the table's name, because a partition's trigger knows the partition's;
-- the column that names the row; the column that names its user; the columns that are
-- secret; and those that follow from others. Lists are separated by commas.
-- Of an update it keeps the columns that changed, before and after: an hour of speech
-- is not told again because its title was mended. Of a secret it tells that it changed.
-- It runs as its owner, who alone may write to the log. The lock on the row is held
-- here, so the entries of one row are in the order of its changes.
CREATE FUNCTION audiotricks.audit_change()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    secrets CONSTANT text[] := string_to_array(TG_ARGV[3], ',');
    left_out CONSTANT text[] := secrets || string_to_array(TG_ARGV[4], ',');
    old_all CONSTANT jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_all CONSTANT jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    either CONSTANT jsonb := COALESCE(new_all, old_all);
    old_told jsonb := old_all - left_out;
    new_told jsonb := new_all - left_out;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT
            COALESCE(jsonb_object_agg(before.key, before.value), '{}'),
            COALESCE(jsonb_object_agg(before.key, new_told -> before.key), '{}')
        INTO
            old_told,
            new_told
        FROM jsonb_each(old_told) AS before
        WHERE before.value <> new_told -> before.key;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT new_told || COALESCE(jsonb_object_agg(secret.name, 'changed'), '{}')
        INTO new_told
        FROM unnest(secrets) AS secret (name)
        WHERE
            COALESCE(old_all ->> secret.name, '')
            <> COALESCE(new_all ->> secret.name, '');
    END IF;
    IF TG_OP = 'UPDATE' AND old_told = '{}' AND new_told = '{}' THEN
        RETURN NULL;
    END IF;
    INSERT INTO audiotricks.audit_log (
        user_id,
        table_name,
        row_id,
        operation,
        old_row,
        new_row,
        acting_user_id,
        database_role
    )
    VALUES (
        (either ->> TG_ARGV[2])::uuid,
        TG_ARGV[0],
        (either ->> TG_ARGV[1])::uuid,
        lower(TG_OP),
        old_told,
        new_told,
        NULLIF(current_setting('audiotricks.user_id', true), '')::uuid,
        COALESCE(NULLIF(current_setting('role'), 'none'), session_user)
    );
    RETURN NULL;
END;
$$;

-- Whoever could make a trigger of it on a table of their own could write what they
-- like.
REVOKE ALL ON FUNCTION audiotricks.audit_change() FROM PUBLIC;

CREATE TRIGGER users_audit_change
    AFTER INSERT OR UPDATE OR DELETE ON audiotricks.users
    FOR EACH ROW
    EXECUTE FUNCTION audiotricks.audit_change(
        'users', 'id', 'id', 'password_hash', ''
    );

CREATE TRIGGER sessions_audit_change
    AFTER INSERT OR UPDATE OR DELETE ON audiotricks.sessions
    FOR EACH ROW
    EXECUTE FUNCTION audiotricks.audit_change(
        'sessions', 'id', 'user_id', 'token_hash', ''
    );

CREATE TRIGGER user_settings_audit_change
    AFTER INSERT OR UPDATE OR DELETE ON audiotricks.user_settings
    FOR EACH ROW
    EXECUTE FUNCTION audiotricks.audit_change(
        'user_settings',
        'user_id',
        'user_id',
        'openai_api_key_encrypted,elevenlabs_api_key_encrypted',
        ''
    );

CREATE TRIGGER audio_history_audit_change
    AFTER INSERT OR UPDATE OR DELETE ON audiotricks.audio_history
    FOR EACH ROW
    EXECUTE FUNCTION audiotricks.audit_change(
        'audio_history', 'id', 'user_id', '', 'words'
    );

COMMENT ON TABLE audiotricks.audit_log IS
    'Every change of data, in the order of changes for each row; monthly partitions.';
COMMENT ON COLUMN audiotricks.audit_log.user_id IS
    'Whose data it is.';
COMMENT ON COLUMN audiotricks.audit_log.row_id IS
    'The row''s key; of user_settings, that of the user.';
COMMENT ON COLUMN audiotricks.audit_log.old_row IS
    'Before: of an update the columns that changed, of a deletion all. No secret is in '
    'it.';
COMMENT ON COLUMN audiotricks.audit_log.new_row IS
    'After: of an update the columns that changed, of an insert all. A secret is there '
    'as "changed" where it did, and never itself.';
COMMENT ON COLUMN audiotricks.audit_log.acting_user_id IS
    'The user in whose scope it was done; NULL outside of any.';
COMMENT ON COLUMN audiotricks.audit_log.database_role IS
    'The role that did it.';
COMMENT ON COLUMN audiotricks.audit_log.created_at IS
    'Time of the change itself, not of its transaction.';
COMMENT ON FUNCTION audiotricks.audit_change() IS
    'Writes a row''s change to audit_log.';
