-- What was said in the sessions.
--
-- created_at names a message's monthly partition: with it, a look-up by id reads one
-- month.

-- name: add_message(session_id, role, text, timestamp, relative_offset, audio_url)<!
-- Stores one message and returns it.
-- timestamp is Unix time in ms, relative_offset ms from the start of the session.
-- @param audio_url = None
INSERT INTO monumento.messages AS message (
    session_id,
    role,
    text,
    timestamp,
    relative_offset,
    audio_url
)
VALUES (:session_id, :role, :text, :timestamp, :relative_offset, :audio_url)
RETURNING
    message.id,
    message.session_id,
    message.role,
    message.text,
    message.timestamp,
    message.relative_offset,
    message.audio_url,
    message.created_at;

-- name: add_messages(session_id, role, text, timestamp, relative_offset, audio_url)*!
-- Stores many messages at once, of one session or of several: all of them or none.
-- timestamp is Unix time in ms, relative_offset ms from the start of the session.
INSERT INTO monumento.messages (
    session_id,
    role,
    text,
    timestamp,
    relative_offset,
    audio_url
)
VALUES (:session_id, :role, :text, :timestamp, :relative_offset, :audio_url);

-- name: message_by_id(message_id, created_at)^
-- Returns a message of a live session.
SELECT
    message.id,
    message.session_id,
    message.role,
    message.text,
    message.timestamp,
    message.relative_offset,
    message.audio_url,
    message.created_at
FROM monumento.messages AS message
INNER JOIN monumento.sessions AS session ON session.id = message.session_id
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    message.id = :message_id
    AND message.created_at = :created_at  -- @optional
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL
LIMIT 1;

-- name: messages_of_session(session_id, after_timestamp, after_id, limit)
-- Returns a page of what was said in a live session, in spoken order.
-- The next page starts after timestamp and id of the last row; NULLs start at the
-- first message. Messages of the same ms are ordered by id.
-- @allow PGR507: an id is random, and no two months have the same
-- @param after_timestamp = None
-- @param after_id = None
-- @param limit = 100
SELECT
    spoken.id,
    spoken.session_id,
    spoken.role,
    spoken.text,
    spoken.timestamp,
    spoken.relative_offset,
    spoken.audio_url,
    spoken.created_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
CROSS JOIN LATERAL (
    SELECT
        message.id,
        message.session_id,
        message.role,
        message.text,
        message.timestamp,
        message.relative_offset,
        message.audio_url,
        message.created_at
    FROM monumento.messages AS message
    WHERE
        message.session_id = session.id
        AND message.created_at
            BETWEEN session.messages_from AND session.messages_until
        AND (message.timestamp, message.id) > (
            COALESCE(:after_timestamp::bigint, -1),
            COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
        )
    ORDER BY message.timestamp, message.id
    LIMIT :limit
) AS spoken
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL
ORDER BY spoken.timestamp, spoken.id;

-- name: messages_by_session_ids(session_ids, limit)
-- Returns the first messages of each of many live sessions, in spoken order.
-- The limit is one for each session; messages_of_session goes on from there. A session
-- without messages is not a key.
-- @row Message
-- @group_by session_id
-- @allow PGR507: an id is random, and no two months have the same
-- @param limit = 100
SELECT
    spoken.id,
    spoken.session_id,
    spoken.role,
    spoken.text,
    spoken.timestamp,
    spoken.relative_offset,
    spoken.audio_url,
    spoken.created_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
CROSS JOIN LATERAL (
    SELECT
        message.id,
        message.session_id,
        message.role,
        message.text,
        message.timestamp,
        message.relative_offset,
        message.audio_url,
        message.created_at
    FROM monumento.messages AS message
    WHERE
        message.session_id = session.id
        AND message.created_at
            BETWEEN session.messages_from AND session.messages_until
    ORDER BY message.timestamp, message.id
    LIMIT :limit
) AS spoken
WHERE
    session.id = ANY (:session_ids)
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL
ORDER BY spoken.session_id, spoken.timestamp, spoken.id;

-- name: update_message(message_id, text, audio_url, created_at)<!
-- Corrects a message and returns it; none if there is none.
-- A patch: what is not given stays as it is; a NULL audio_url removes it.
UPDATE monumento.messages AS message
SET
    text = :text,  -- @optional
    audio_url = :audio_url  -- @optional
WHERE
    message.id = :message_id
    AND message.created_at = :created_at  -- @optional
RETURNING
    message.id,
    message.session_id,
    message.role,
    message.text,
    message.timestamp,
    message.relative_offset,
    message.audio_url,
    message.created_at;

-- name: delete_message(message_id, created_at)!
-- Deletes a message for good; returns 1, or 0 if there is none.
DELETE FROM monumento.messages AS message
WHERE
    message.id = :message_id
    AND message.created_at = :created_at;  -- @optional
