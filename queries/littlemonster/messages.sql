-- What was said in the conversations.

-- name: append_message(conversation_id, role, content, model, token_count, metadata, recording_id, tts_audio_file_id)<!
-- Adds a message to the end of a conversation and returns it; none if there is no such
-- conversation.
-- Of several who add at once, each waits for the one before it to commit, so positions
-- have no gap and the row of the conversation is right at all times. NULL metadata
-- means none, an empty object.
-- @param model = None
-- @param token_count = None
-- @param metadata = None
-- @param recording_id = None
-- @param tts_audio_file_id = None
WITH place AS (
    SELECT
        conversation.id,
        conversation.last_position + 1 AS position
    FROM littlemonster.conversations AS conversation
    WHERE conversation.id = :conversation_id
    FOR NO KEY UPDATE
)

INSERT INTO littlemonster.messages AS message (
    conversation_id,
    position,
    role,
    content,
    model,
    token_count,
    metadata,
    recording_id,
    tts_audio_file_id
)
SELECT
    place.id,
    place.position,
    :role,
    :content,
    :model,
    :token_count,
    COALESCE(:metadata::jsonb, '{}'),
    :recording_id,
    :tts_audio_file_id
FROM place
RETURNING
    message.id,
    message.conversation_id,
    message.position,
    message.role,
    message.content,
    message.model,
    message.token_count,
    message.metadata,
    message.recording_id,
    message.tts_audio_file_id,
    message.created_at;

-- name: add_messages(conversation_id, position, role, content, model, token_count, metadata, created_at)*!
-- Stores many messages at once, as when a history is imported: all of them or none.
-- Their positions are given, and must be free.
INSERT INTO littlemonster.messages (
    conversation_id,
    position,
    role,
    content,
    model,
    token_count,
    metadata,
    created_at
)
VALUES (
    :conversation_id,
    :position,
    :role,
    :content,
    :model,
    :token_count,
    :metadata,
    :created_at
);

-- name: message_by_id(message_id)^
-- Returns a message.
SELECT
    message.id,
    message.conversation_id,
    message.position,
    message.role,
    message.content,
    message.model,
    message.token_count,
    message.metadata,
    message.recording_id,
    message.tts_audio_file_id,
    message.created_at
FROM littlemonster.messages AS message
WHERE message.id = :message_id;

-- name: messages_of_conversation(conversation_id, after_position, limit)
-- Returns a page of what was said in a conversation, in order.
-- The next page starts after the position of the last row; 0 starts at the first.
-- @param after_position = 0
-- @param limit = 100
SELECT
    message.id,
    message.conversation_id,
    message.position,
    message.role,
    message.content,
    message.model,
    message.token_count,
    message.metadata,
    message.recording_id,
    message.tts_audio_file_id,
    message.created_at
FROM littlemonster.messages AS message
WHERE
    message.conversation_id = :conversation_id
    AND message.position > :after_position
ORDER BY message.position
LIMIT :limit;

-- name: latest_messages(conversation_id, limit)
-- Returns the last messages of a conversation, in order: what an assistant reads before
-- it answers.
-- @param limit = 20
SELECT
    newest.id,
    newest.conversation_id,
    newest.position,
    newest.role,
    newest.content,
    newest.model,
    newest.token_count,
    newest.metadata,
    newest.recording_id,
    newest.tts_audio_file_id,
    newest.created_at
FROM (
    SELECT
        message.id,
        message.conversation_id,
        message.position,
        message.role,
        message.content,
        message.model,
        message.token_count,
        message.metadata,
        message.recording_id,
        message.tts_audio_file_id,
        message.created_at
    FROM littlemonster.messages AS message
    WHERE message.conversation_id = :conversation_id
    ORDER BY message.position DESC
    LIMIT :limit
) AS newest
ORDER BY newest.position;

-- name: messages_by_conversation_ids(conversation_ids, limit)
-- Returns the last messages of each of many conversations, in order.
-- The limit is one for each conversation. A conversation without messages is not a key.
-- @row Message
-- @group_by conversation_id
-- @param limit = 20
SELECT
    newest.id,
    newest.conversation_id,
    newest.position,
    newest.role,
    newest.content,
    newest.model,
    newest.token_count,
    newest.metadata,
    newest.recording_id,
    newest.tts_audio_file_id,
    newest.created_at
FROM littlemonster.conversations AS conversation
CROSS JOIN LATERAL (
    SELECT
        message.id,
        message.conversation_id,
        message.position,
        message.role,
        message.content,
        message.model,
        message.token_count,
        message.metadata,
        message.recording_id,
        message.tts_audio_file_id,
        message.created_at
    FROM littlemonster.messages AS message
    WHERE message.conversation_id = conversation.id
    ORDER BY message.position DESC
    LIMIT :limit
) AS newest
WHERE conversation.id = ANY (:conversation_ids)
ORDER BY newest.conversation_id, newest.position;

-- name: update_message(message_id, content, model, token_count, metadata, tts_audio_file_id)<!
-- Changes the given fields of a message and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. metadata replaces the whole object. A message stays at its place.
UPDATE littlemonster.messages AS message
SET
    content = :content,  -- @optional
    model = :model,  -- @optional
    token_count = :token_count,  -- @optional
    metadata = :metadata,  -- @optional
    tts_audio_file_id = :tts_audio_file_id  -- @optional
WHERE message.id = :message_id
RETURNING
    message.id,
    message.conversation_id,
    message.position,
    message.role,
    message.content,
    message.model,
    message.token_count,
    message.metadata,
    message.recording_id,
    message.tts_audio_file_id,
    message.created_at;

-- name: delete_message(message_id)!
-- Deletes a message for good; returns 1, or 0 if there is none. Its position stays
-- empty.
DELETE FROM littlemonster.messages AS message
WHERE message.id = :message_id;
