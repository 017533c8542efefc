-- Conversations with the study assistant, and what was said in them.
-- Depends on users, set_updated_at(), study_materials, recordings and tts_audio_files.

-- Mends: the reference names these tables and not their columns. What a list of
-- conversations shows and sorts by is kept in the row: counting messages would cost
-- more the longer a conversation is, and fetching the last one is two reads at random
-- for every line of the list. Triggers on messages keep it, whatever wrote them.
-- last_position never goes down, so that no position is ever given twice.
CREATE TABLE littlemonster.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    study_material_id uuid,
    title varchar(255),
    status text DEFAULT 'active' NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    last_position integer DEFAULT 0 NOT NULL,
    last_message text,
    last_message_role text,
    last_message_at timestamptz,
    last_activity_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT conversations_pkey PRIMARY KEY (id),
    CONSTRAINT conversations_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT conversations_study_material_id_fkey FOREIGN KEY (study_material_id)
        REFERENCES littlemonster.study_materials (id) ON DELETE SET NULL,
    CONSTRAINT conversations_status_check CHECK (status IN ('active', 'archived')),
    CONSTRAINT conversations_message_count_check CHECK (
        message_count BETWEEN 0 AND last_position
    ),
    CONSTRAINT conversations_last_message_role_check CHECK (
        last_message_role IN ('system', 'user', 'assistant', 'tool')
    ),
    CONSTRAINT conversations_last_message_check CHECK (
        num_nonnulls(last_message, last_message_role, last_message_at)
        = CASE WHEN message_count > 0 THEN 3 ELSE 0 END
    )
);

CREATE TABLE littlemonster.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    conversation_id uuid NOT NULL,
    position integer NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    model varchar(100),
    token_count integer,
    metadata jsonb DEFAULT '{}' NOT NULL,
    recording_id uuid,
    tts_audio_file_id uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    -- Also the order of a conversation, and what serves the foreign key.
    CONSTRAINT messages_conversation_id_position_key UNIQUE (conversation_id, position),
    CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id)
        REFERENCES littlemonster.conversations (id) ON DELETE CASCADE,
    CONSTRAINT messages_recording_id_fkey FOREIGN KEY (recording_id)
        REFERENCES littlemonster.recordings (id) ON DELETE SET NULL,
    CONSTRAINT messages_tts_audio_file_id_fkey FOREIGN KEY (tts_audio_file_id)
        REFERENCES littlemonster.tts_audio_files (id) ON DELETE SET NULL,
    CONSTRAINT messages_position_check CHECK (position > 0),
    CONSTRAINT messages_role_check CHECK (
        role IN ('system', 'user', 'assistant', 'tool')
    ),
    CONSTRAINT messages_token_count_check CHECK (token_count >= 0),
    CONSTRAINT messages_metadata_check CHECK (jsonb_typeof(metadata) = 'object')
);

-- A user's conversations of one status, the last one talked in first; and the foreign
-- key. Whatever moves a conversation up writes this index, so there are few others.
CREATE INDEX conversations_user_id_status_last_activity_at_idx
    ON littlemonster.conversations (
        user_id, status, last_activity_at DESC, id DESC
    );

CREATE INDEX conversations_study_material_id_idx
    ON littlemonster.conversations (study_material_id)
    WHERE study_material_id IS NOT NULL;

-- Few messages were spoken or read out; only those are in these indexes.
CREATE INDEX messages_recording_id_idx
    ON littlemonster.messages (recording_id)
    WHERE recording_id IS NOT NULL;

CREATE INDEX messages_tts_audio_file_id_idx
    ON littlemonster.messages (tts_audio_file_id)
    WHERE tts_audio_file_id IS NOT NULL;

-- The lock comes first: only statements that begin after it see every message that is
-- committed, so that of two writers the later one leaves what is true of both. A
-- conversation that is being deleted itself is gone by now, and needs nothing.
CREATE FUNCTION littlemonster.tally_conversation(
    of_conversation uuid,
    change bigint,
    active_at timestamptz
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    newest record;
BEGIN
    PERFORM conversation.id
    FROM littlemonster.conversations AS conversation
    WHERE conversation.id = of_conversation
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    SELECT
        message.position,
        message.role,
        left(message.content, 200) AS excerpt,
        message.created_at
    INTO newest
    FROM littlemonster.messages AS message
    WHERE message.conversation_id = of_conversation
    ORDER BY message.position DESC
    LIMIT 1;

    UPDATE littlemonster.conversations AS conversation
    SET
        message_count = conversation.message_count + change,
        last_position = GREATEST(conversation.last_position, newest.position),
        last_message = newest.excerpt,
        last_message_role = newest.role,
        last_message_at = newest.created_at,
        last_activity_at = GREATEST(conversation.last_activity_at, active_at)
    WHERE conversation.id = of_conversation;
END;
$$;

-- Here and below: one call for each conversation, in the order of their ids, so that
-- two statements that write to the same ones cannot wait for each other.
CREATE FUNCTION littlemonster.count_added_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    counted record;
BEGIN
    FOR counted IN
        SELECT
            message.conversation_id,
            count(*) AS message_count,
            max(message.created_at) AS last_created_at
        FROM added AS message
        GROUP BY message.conversation_id
        ORDER BY message.conversation_id
    LOOP
        PERFORM littlemonster.tally_conversation(
            counted.conversation_id, counted.message_count, counted.last_created_at
        );
    END LOOP;
    RETURN NULL;
END;
$$;

CREATE FUNCTION littlemonster.count_removed_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    counted record;
BEGIN
    FOR counted IN
        SELECT
            message.conversation_id,
            count(*) AS message_count
        FROM removed AS message
        GROUP BY message.conversation_id
        ORDER BY message.conversation_id
    LOOP
        PERFORM littlemonster.tally_conversation(
            counted.conversation_id, -counted.message_count, NULL
        );
    END LOOP;
    RETURN NULL;
END;
$$;

-- A corrected message may be the one that the list shows. Deleting a recording or some
-- speech updates messages too, and the list does not show that.
CREATE FUNCTION littlemonster.show_changed_messages()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    counted record;
BEGIN
    FOR counted IN
        SELECT DISTINCT message.conversation_id
        FROM changed AS message
        INNER JOIN replaced AS old_message ON old_message.id = message.id
        WHERE
            (message.role, message.content, message.created_at)
            IS DISTINCT FROM
            (old_message.role, old_message.content, old_message.created_at)
        ORDER BY message.conversation_id
    LOOP
        PERFORM littlemonster.tally_conversation(counted.conversation_id, 0, NULL);
    END LOOP;
    RETURN NULL;
END;
$$;

CREATE FUNCTION littlemonster.recount_messages(of_conversation uuid)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    kept littlemonster.conversations;
    counted bigint;
    mended littlemonster.conversations;
BEGIN
    SELECT conversation.*
    INTO kept
    FROM littlemonster.conversations AS conversation
    WHERE conversation.id = of_conversation
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    SELECT count(*)
    INTO counted
    FROM littlemonster.messages AS message
    WHERE message.conversation_id = of_conversation;
    PERFORM littlemonster.tally_conversation(
        of_conversation, counted - kept.message_count, NULL
    );

    SELECT conversation.*
    INTO mended
    FROM littlemonster.conversations AS conversation
    WHERE conversation.id = of_conversation;
    mended.updated_at = kept.updated_at;
    RETURN mended IS DISTINCT FROM kept;
END;
$$;

CREATE FUNCTION littlemonster.refuse_moved_message()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = 'a message stays at its place in its conversation',
        HINT = 'Append a copy to the other conversation, and delete this one.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME,
        CONSTRAINT = 'messages_place';
END;
$$;

CREATE TRIGGER conversations_set_updated_at
    BEFORE UPDATE ON littlemonster.conversations
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION littlemonster.set_updated_at();

CREATE TRIGGER messages_count_added
    AFTER INSERT ON littlemonster.messages
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION littlemonster.count_added_messages();

CREATE TRIGGER messages_count_removed
    AFTER DELETE ON littlemonster.messages
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT
    EXECUTE FUNCTION littlemonster.count_removed_messages();

CREATE TRIGGER messages_show_changed
    AFTER UPDATE ON littlemonster.messages
    REFERENCING OLD TABLE AS replaced NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION littlemonster.show_changed_messages();

CREATE TRIGGER messages_refuse_moved
    BEFORE UPDATE ON littlemonster.messages
    FOR EACH ROW
    WHEN (
        OLD.conversation_id IS DISTINCT FROM NEW.conversation_id
        OR OLD.position IS DISTINCT FROM NEW.position
    )
    EXECUTE FUNCTION littlemonster.refuse_moved_message();

COMMENT ON FUNCTION littlemonster.tally_conversation(uuid, bigint, timestamptz) IS
    'Locks a conversation and brings its row up to date: so many messages more, and '
    'what the last one is.';
COMMENT ON FUNCTION littlemonster.count_added_messages() IS
    'Counts new messages into their conversations.';
COMMENT ON FUNCTION littlemonster.count_removed_messages() IS
    'Counts deleted messages out of their conversations.';
COMMENT ON FUNCTION littlemonster.show_changed_messages() IS
    'Shows corrected messages in their conversations, where they are the last ones.';
COMMENT ON FUNCTION littlemonster.recount_messages(uuid) IS
    'Counts the messages of a conversation again, and returns whether its row was '
    'wrong; NULL if there is no such conversation.';
COMMENT ON FUNCTION littlemonster.refuse_moved_message() IS
    'Refuses another conversation or position for a message, as a violation of '
    'messages_place.';
COMMENT ON TABLE littlemonster.conversations IS
    'Conversations with the study assistant.';
COMMENT ON COLUMN littlemonster.conversations.study_material_id IS
    'What it is about; NULL for anything.';
COMMENT ON COLUMN littlemonster.conversations.title IS
    'What the user sees in a list; NULL until it is named.';
COMMENT ON COLUMN littlemonster.conversations.message_count IS
    'How many messages it has, kept by triggers.';
COMMENT ON COLUMN littlemonster.conversations.last_position IS
    'The highest position that a message of it ever had, kept by a trigger.';
COMMENT ON COLUMN littlemonster.conversations.last_message IS
    'The first 200 characters of its last message, kept by triggers; NULL without one.';
COMMENT ON COLUMN littlemonster.conversations.last_message_role IS
    'Who said the last message; NULL without one.';
COMMENT ON COLUMN littlemonster.conversations.last_message_at IS
    'When the last message was said; NULL without one.';
COMMENT ON COLUMN littlemonster.conversations.last_activity_at IS
    'When it was last added to, or was begun; deleting messages leaves it alone.';
COMMENT ON COLUMN littlemonster.conversations.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON TABLE littlemonster.messages IS
    'What was said in the conversations.';
COMMENT ON COLUMN littlemonster.messages.position IS
    'Place in the conversation, from 1; a deleted message leaves a gap.';
COMMENT ON COLUMN littlemonster.messages.model IS
    'What wrote it; NULL for people.';
COMMENT ON COLUMN littlemonster.messages.token_count IS
    'Its length as the model counts; NULL where nobody counted.';
COMMENT ON COLUMN littlemonster.messages.metadata IS
    'A JSON object: the materials that an answer draws on, calls of tools.';
COMMENT ON COLUMN littlemonster.messages.recording_id IS
    'What the user said it in; NULL for what was typed.';
COMMENT ON COLUMN littlemonster.messages.tts_audio_file_id IS
    'What it is read out with; NULL until somebody asks to hear it.';
