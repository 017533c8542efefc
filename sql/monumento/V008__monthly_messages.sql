-- Messages in monthly partitions.
-- Depends on sessions, messages and create_monthly_partition(). Nobody reads or writes
-- messages until those that are there already have been copied. Whoever had been granted
-- something on the table has to be granted it again.

-- Messages are hardly ever changed, so pages may be full; vacuum comes by to mark them
-- as visible to all.
CREATE FUNCTION monumento.partition_storage(parent regclass)
RETURNS text
LANGUAGE sql
STABLE
RETURN CASE
    WHEN parent = to_regclass('monumento.messages')
        THEN
            'fillfactor = 100, '
            'autovacuum_vacuum_insert_scale_factor = 0.05, '
            'autovacuum_analyze_scale_factor = 0.05'
END;

-- The new table has this one's names, and clients that wait for it find the new one.
-- squawk-ignore renaming-table
ALTER TABLE monumento.messages RENAME TO messages_of_all_months;
-- squawk-ignore ban-drop-constraint
ALTER TABLE monumento.messages_of_all_months DROP CONSTRAINT messages_pkey;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX monumento.messages_session_id_timestamp_idx;

-- Mends: a partitioned table's key holds created_at, so nothing may reference messages
-- by id alone.
CREATE TABLE monumento.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    role text NOT NULL,
    text text NOT NULL,
    timestamp bigint NOT NULL,
    relative_offset bigint NOT NULL,
    audio_url text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT messages_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES monumento.sessions (id) ON DELETE CASCADE,
    CONSTRAINT messages_role_check CHECK (role IN ('ai', 'user')),
    CONSTRAINT messages_timestamp_check CHECK (timestamp >= 0),
    CONSTRAINT messages_relative_offset_check CHECK (relative_offset >= 0)
)
PARTITION BY RANGE (created_at);

-- Spoken order, and the foreign key.
CREATE INDEX messages_session_id_timestamp_idx
    ON monumento.messages (session_id, timestamp, id);

DO $$
BEGIN
    PERFORM monumento.create_monthly_partition(
        'messages',
        extract(year FROM stored.in_month)::integer,
        extract(month FROM stored.in_month)::integer
    )
    FROM (
        SELECT DISTINCT date_trunc('month', message.created_at, 'UTC')
            AT TIME ZONE 'UTC' AS in_month
        FROM monumento.messages_of_all_months AS message
    ) AS stored;
END;
$$;

INSERT INTO monumento.messages (
    id,
    session_id,
    role,
    text,
    timestamp,
    relative_offset,
    audio_url,
    created_at
)
SELECT
    message.id,
    message.session_id,
    message.role,
    message.text,
    message.timestamp,
    message.relative_offset,
    message.audio_url,
    message.created_at
FROM monumento.messages_of_all_months AS message;

-- squawk-ignore ban-drop-table
DROP TABLE monumento.messages_of_all_months;

COMMENT ON TABLE monumento.messages IS
    'What was said in a session, one row a turn; monthly partitions by created_at.';
COMMENT ON COLUMN monumento.messages.role IS
    'Who spoke: the interviewer (ai) or the person recording (user).';
COMMENT ON COLUMN monumento.messages.timestamp IS
    'Unix time at which the message was spoken, ms.';
COMMENT ON COLUMN monumento.messages.relative_offset IS
    'Time from the start of the session, ms.';
COMMENT ON COLUMN monumento.messages.audio_url IS
    'The recording of this message alone, where there is one.';
COMMENT ON COLUMN monumento.messages.created_at IS
    'Time at which the row was stored; messages are spoken at timestamp.';
COMMENT ON FUNCTION monumento.partition_storage(regclass) IS
    'The storage parameters of a table''s partitions; NULL for the usual ones.';
