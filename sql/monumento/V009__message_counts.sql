-- What sessions keep of their messages: how many, and when.
-- Depends on sessions and messages.

-- What lists of sessions show of the messages is kept here, because to look into
-- partitions for each session of a page costs more than all the rest. And a
-- conversation is read from the months between messages_from and messages_until alone.
ALTER TABLE monumento.sessions
    ADD COLUMN message_count bigint DEFAULT 0 NOT NULL,
    ADD COLUMN first_message_at bigint,
    ADD COLUMN last_message_at bigint,
    ADD COLUMN messages_from timestamptz,
    ADD COLUMN messages_until timestamptz;

-- A message must not touch the indexes of its session.
ALTER TABLE monumento.sessions SET (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

DROP TRIGGER sessions_set_updated_at ON monumento.sessions;

-- What is kept of the messages is no news about the session.
CREATE TRIGGER sessions_set_updated_at
    BEFORE UPDATE ON monumento.sessions
    FOR EACH ROW
    WHEN (
        (
            OLD.id,
            OLD.user_id,
            OLD.vibe,
            OLD.mode,
            OLD.duration_minutes,
            OLD.video_url,
            OLD.transcript_url,
            OLD.thumbnail_url,
            OLD.metadata,
            OLD.status,
            OLD.created_at,
            OLD.updated_at,
            OLD.deleted_at
        ) IS DISTINCT FROM (
            NEW.id,
            NEW.user_id,
            NEW.vibe,
            NEW.mode,
            NEW.duration_minutes,
            NEW.video_url,
            NEW.transcript_url,
            NEW.thumbnail_url,
            NEW.metadata,
            NEW.status,
            NEW.created_at,
            NEW.updated_at,
            NEW.deleted_at
        )
    )
    EXECUTE FUNCTION monumento.set_updated_at();

-- Sessions are changed in the order of their ids, so that two who add messages to the
-- same ones never wait for each other. One by one, because a session keeps the plan of
-- a statement that reads the transition table, and one that joins it, made for a bulk
-- insert, is ruinous for the single ones that follow.
CREATE FUNCTION monumento.count_added_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    news record;
BEGIN
    FOR news IN
        SELECT
            added.session_id,
            count(*) AS messages,
            min(added.timestamp) AS first_at,
            max(added.timestamp) AS last_at,
            min(added.created_at) AS stored_from,
            max(added.created_at) AS stored_until
        FROM added
        GROUP BY added.session_id
        ORDER BY added.session_id
    LOOP
        UPDATE monumento.sessions AS session
        SET
            message_count = session.message_count + news.messages,
            first_message_at = LEAST(session.first_message_at, news.first_at),
            last_message_at = GREATEST(session.last_message_at, news.last_at),
            messages_from = LEAST(session.messages_from, news.stored_from),
            messages_until = GREATEST(session.messages_until, news.stored_until)
        WHERE session.id = news.session_id;
    END LOOP;
    RETURN NULL;
END;
$$;

-- Messages are seldom corrected or deleted, so this may count the whole conversation.
-- messages_from and messages_until only ever move apart: between them there may be
-- messages in a partition that is archived, and comes back.
CREATE FUNCTION monumento.recount_messages(of_sessions uuid[])
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    changed integer;
BEGIN
    -- Before they are counted, so that what others commit until then is counted too.
    PERFORM 1
    FROM monumento.sessions AS session
    WHERE session.id = ANY (of_sessions)
    ORDER BY session.id
    FOR NO KEY UPDATE;
    -- The messages are deleted with their sessions.
    IF NOT FOUND THEN
        RETURN 0;
    END IF;

    UPDATE monumento.sessions AS session
    SET
        message_count = found.message_count,
        first_message_at = found.first_message_at,
        last_message_at = found.last_message_at,
        messages_from = found.messages_from,
        messages_until = found.messages_until
    FROM (
        SELECT
            kept.id,
            counted.message_count,
            counted.first_message_at,
            counted.last_message_at,
            LEAST(kept.messages_from, counted.stored_from) AS messages_from,
            GREATEST(kept.messages_until, counted.stored_until) AS messages_until
        FROM monumento.sessions AS kept
        CROSS JOIN LATERAL (
            SELECT
                count(*) AS message_count,
                min(message.timestamp) AS first_message_at,
                max(message.timestamp) AS last_message_at,
                min(message.created_at) AS stored_from,
                max(message.created_at) AS stored_until
            FROM monumento.messages AS message
            WHERE message.session_id = kept.id
        ) AS counted
        WHERE kept.id = ANY (of_sessions)
    ) AS found
    WHERE
        session.id = found.id
        AND (
            session.message_count,
            session.first_message_at,
            session.last_message_at,
            session.messages_from,
            session.messages_until
        ) IS DISTINCT FROM (
            found.message_count,
            found.first_message_at,
            found.last_message_at,
            found.messages_from,
            found.messages_until
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;

CREATE FUNCTION monumento.count_changed_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM monumento.recount_messages(array_agg(DISTINCT differing.session_id))
    FROM (
        (
            SELECT before.session_id, before.timestamp, before.created_at FROM before
            EXCEPT ALL
            SELECT after.session_id, after.timestamp, after.created_at FROM after
        )
        UNION ALL
        (
            SELECT after.session_id, after.timestamp, after.created_at FROM after
            EXCEPT ALL
            SELECT before.session_id, before.timestamp, before.created_at FROM before
        )
    ) AS differing
    HAVING count(*) > 0;
    RETURN NULL;
END;
$$;

CREATE FUNCTION monumento.count_deleted_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM monumento.recount_messages(array_agg(DISTINCT before.session_id))
    FROM before
    HAVING count(*) > 0;
    RETURN NULL;
END;
$$;

-- A function, and with a plan that is kept, because of what an executor makes ready
-- before it begins: of all partitions, unless the values that prune them are parameters
-- by then. Those of a query that finds them in a session are not, those of a function
-- are. Left to choose, PostgreSQL would plan for the values of every call.
CREATE FUNCTION monumento.spoken_messages(
    of_session uuid,
    stored_from timestamptz,
    stored_until timestamptz,
    OUT messages json
)
LANGUAGE plpgsql
STABLE
SET plan_cache_mode = 'force_generic_plan'
AS $$
BEGIN
    -- Rows made into JSON whole, which is a quarter faster than json_build_object().
    SELECT COALESCE(json_agg(spoken ORDER BY spoken.timestamp, spoken.id), '[]')
    INTO messages
    FROM (
        SELECT
            message.id,
            message.role,
            message.text,
            message.timestamp,
            message.relative_offset AS "offset",
            message.audio_url
        FROM monumento.messages AS message
        WHERE
            message.session_id = of_session
            AND message.created_at BETWEEN stored_from AND stored_until
    ) AS spoken;
END;
$$;

CREATE TRIGGER messages_count_added
    AFTER INSERT ON monumento.messages
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION monumento.count_added_messages();

CREATE TRIGGER messages_count_changed
    AFTER UPDATE ON monumento.messages
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT
    EXECUTE FUNCTION monumento.count_changed_messages();

CREATE TRIGGER messages_count_deleted
    AFTER DELETE ON monumento.messages
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT
    EXECUTE FUNCTION monumento.count_deleted_messages();

-- The triggers keep writers out until this is done.
UPDATE monumento.sessions AS session
SET
    message_count = counted.message_count,
    first_message_at = counted.first_message_at,
    last_message_at = counted.last_message_at,
    messages_from = counted.messages_from,
    messages_until = counted.messages_until
FROM (
    SELECT
        message.session_id,
        count(*) AS message_count,
        min(message.timestamp) AS first_message_at,
        max(message.timestamp) AS last_message_at,
        min(message.created_at) AS messages_from,
        max(message.created_at) AS messages_until
    FROM monumento.messages AS message
    GROUP BY message.session_id
) AS counted
WHERE session.id = counted.session_id;

COMMENT ON COLUMN monumento.sessions.message_count IS
    'Number of its messages, kept by triggers.';
COMMENT ON COLUMN monumento.sessions.first_message_at IS
    'Unix time of its first message, ms, kept by triggers; NULL without any.';
COMMENT ON COLUMN monumento.sessions.last_message_at IS
    'Unix time of its last message, ms, kept by triggers; NULL without any.';
COMMENT ON COLUMN monumento.sessions.messages_from IS
    'No message of it was stored before, kept by triggers; NULL without any.';
COMMENT ON COLUMN monumento.sessions.messages_until IS
    'No message of it was stored after, kept by triggers; NULL without any.';
COMMENT ON FUNCTION monumento.count_added_messages() IS
    'Adds new messages to what their sessions keep of them.';
COMMENT ON FUNCTION monumento.recount_messages(uuid[]) IS
    'Counts the messages of sessions anew, and returns how many sessions had it wrong.';
COMMENT ON FUNCTION monumento.count_changed_messages() IS
    'Counts anew the sessions whose messages have moved.';
COMMENT ON FUNCTION monumento.count_deleted_messages() IS
    'Counts anew the sessions that have lost messages.';
COMMENT ON FUNCTION monumento.spoken_messages(uuid, timestamptz, timestamptz) IS
    'Returns the messages of a session that were stored between two times, as a JSON '
    'array in spoken order. Reads the partitions of those months alone.';
