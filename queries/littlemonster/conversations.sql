-- Conversations with the study assistant.

-- name: create_conversation(user_id, title, study_material_id)<!
-- Begins a conversation and returns it.
-- @param title = None
-- @param study_material_id = None
INSERT INTO littlemonster.conversations AS conversation (
    user_id,
    title,
    study_material_id
)
VALUES (:user_id, :title, :study_material_id)
RETURNING
    conversation.id,
    conversation.user_id,
    conversation.study_material_id,
    conversation.title,
    conversation.status,
    conversation.message_count,
    conversation.last_position,
    conversation.last_message,
    conversation.last_message_role,
    conversation.last_message_at,
    conversation.last_activity_at,
    conversation.created_at,
    conversation.updated_at;

-- name: conversation_by_id(conversation_id)^
-- Returns a conversation without its messages.
SELECT
    conversation.id,
    conversation.user_id,
    conversation.study_material_id,
    conversation.title,
    conversation.status,
    conversation.message_count,
    conversation.last_position,
    conversation.last_message,
    conversation.last_message_role,
    conversation.last_message_at,
    conversation.last_activity_at,
    conversation.created_at,
    conversation.updated_at
FROM littlemonster.conversations AS conversation
WHERE conversation.id = :conversation_id;

-- name: conversation_with_messages(conversation_id)^
-- Returns a conversation with everything said in it, in order; nothing said is [].
SELECT
    conversation.id,
    conversation.user_id,
    conversation.study_material_id,
    conversation.title,
    conversation.status,
    conversation.message_count,
    conversation.last_position,
    conversation.last_message,
    conversation.last_message_role,
    conversation.last_message_at,
    conversation.last_activity_at,
    conversation.created_at,
    conversation.updated_at,
    said.messages
FROM littlemonster.conversations AS conversation
CROSS JOIN LATERAL (
    SELECT
        COALESCE(
            json_agg(
                json_build_object(
                    'id', message.id,
                    'position', message.position,
                    'role', message.role,
                    'content', message.content,
                    'model', message.model,
                    'token_count', message.token_count,
                    'metadata', message.metadata,
                    'recording_id', message.recording_id,
                    'tts_audio_file_id', message.tts_audio_file_id,
                    'created_at', message.created_at
                )
                ORDER BY message.position
            ),
            '[]'
        ) AS messages
    FROM littlemonster.messages AS message
    WHERE message.conversation_id = conversation.id
) AS said
WHERE conversation.id = :conversation_id;

-- name: recent_conversations(user_id, status, before_last_activity_at, before_id, limit)
-- Returns a page of a user's conversations with their last message, the one that was
-- last talked in first.
-- last_message is the beginning of it; NULL where nothing was said yet. The next page
-- starts before last_activity_at and id of the last row; NULLs start at the newest.
-- Reads no message and counts none, so the cost follows the limit and not the history.
-- The second limit removes no row: without it PostgreSQL expects a prepared statement
-- to return a tenth of the history, and plans every call anew.
-- @param status = 'active'
-- @param before_last_activity_at = None
-- @param before_id = None
-- @param limit = 20
WITH page AS (
    SELECT
        conversation.id,
        conversation.user_id,
        conversation.study_material_id,
        conversation.title,
        conversation.status,
        conversation.message_count,
        conversation.last_position,
        conversation.last_message,
        conversation.last_message_role,
        conversation.last_message_at,
        conversation.last_activity_at,
        conversation.created_at,
        conversation.updated_at
    FROM littlemonster.conversations AS conversation
    WHERE
        conversation.user_id = :user_id
        AND conversation.status = :status
        AND (conversation.last_activity_at, conversation.id) < (
            COALESCE(:before_last_activity_at::timestamptz, 'infinity'),
            COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        )
    ORDER BY conversation.last_activity_at DESC, conversation.id DESC
    LIMIT :limit
)

SELECT
    page.id,
    page.user_id,
    page.study_material_id,
    page.title,
    page.status,
    page.message_count,
    page.last_position,
    page.last_message,
    page.last_message_role,
    page.last_message_at,
    page.last_activity_at,
    page.created_at,
    page.updated_at
FROM page
ORDER BY page.last_activity_at DESC, page.id DESC
LIMIT :limit;

-- name: update_conversation(conversation_id, title, status, study_material_id)<!
-- Changes the given fields of a conversation and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. An archived conversation can still be read and added to.
UPDATE littlemonster.conversations AS conversation
SET
    title = :title,  -- @optional
    status = :status,  -- @optional
    study_material_id = :study_material_id  -- @optional
WHERE conversation.id = :conversation_id
RETURNING
    conversation.id,
    conversation.user_id,
    conversation.study_material_id,
    conversation.title,
    conversation.status,
    conversation.message_count,
    conversation.last_position,
    conversation.last_message,
    conversation.last_message_role,
    conversation.last_message_at,
    conversation.last_activity_at,
    conversation.created_at,
    conversation.updated_at;

-- name: recount_conversation(conversation_id)$
-- Counts the messages of a conversation, and mends its row if that says otherwise.
-- Returns whether it had to be mended, which it never has to: triggers keep the count.
-- None if there is no such conversation. Nobody can add to it meanwhile.
SELECT littlemonster.recount_messages(:conversation_id) AS mended;

-- name: delete_conversation(conversation_id)!
-- Deletes a conversation for good, with its messages; returns 1, or 0 if there is none.
DELETE FROM littlemonster.conversations AS conversation
WHERE conversation.id = :conversation_id;
