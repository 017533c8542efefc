-- What was made of people's recordings.
--
-- created_at names an entry's monthly partition: with it, a look-up by id reads one
-- month. Lists leave out the transcript, which can be long.

-- name: add_history(user_id, title, audio_url, file_size_bytes, duration_seconds, transcript, summary, key_moments, processing_options)<!
-- Adds an entry to a user's history and returns it.
-- @row HistoryEntry
-- @param title = None
-- @param audio_url = None
-- @param file_size_bytes = None
-- @param duration_seconds = None
-- @param transcript = None
-- @param summary = None
-- @param key_moments: pgrepo.domains.audiotricks.documents.KeyMoments | None = None
-- @param processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions | None = None
-- @column key_moments: pgrepo.domains.audiotricks.documents.KeyMoments
-- @column processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions
INSERT INTO audiotricks.audio_history AS entry (
    user_id,
    title,
    audio_url,
    file_size_bytes,
    duration_seconds,
    transcript,
    summary,
    key_moments,
    processing_options
)
VALUES (
    :user_id,
    :title,
    :audio_url,
    :file_size_bytes,
    :duration_seconds,
    :transcript,
    :summary,
    :key_moments,
    :processing_options
)
RETURNING
    entry.id,
    entry.user_id,
    entry.title,
    entry.audio_url,
    entry.file_size_bytes,
    entry.duration_seconds,
    entry.transcript,
    entry.summary,
    entry.key_moments,
    entry.processing_options,
    entry.created_at;

-- name: history_entry(user_id, history_id, created_at)^
-- Returns an entry of a user's history.
-- @row HistoryEntry
-- @column key_moments: pgrepo.domains.audiotricks.documents.KeyMoments
-- @column processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions
SELECT
    entry.id,
    entry.user_id,
    entry.title,
    entry.audio_url,
    entry.file_size_bytes,
    entry.duration_seconds,
    entry.transcript,
    entry.summary,
    entry.key_moments,
    entry.processing_options,
    entry.created_at
FROM audiotricks.audio_history AS entry
WHERE
    entry.id = :history_id
    AND entry.user_id = :user_id
    AND entry.created_at = :created_at  -- @optional
LIMIT 1;

-- name: history_page(user_id, before_created_at, before_id, limit)
-- Returns a page of a user's history, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest. However long the history is, a page costs the same.
-- @row ListedEntry
-- @column key_moments: pgrepo.domains.audiotricks.documents.KeyMoments
-- @column processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 20
SELECT
    entry.id,
    entry.user_id,
    entry.title,
    entry.audio_url,
    entry.file_size_bytes,
    entry.duration_seconds,
    entry.summary,
    entry.key_moments,
    entry.processing_options,
    entry.created_at
FROM audiotricks.audio_history AS entry
WHERE
    entry.user_id = :user_id
    -- Follows from what is below; it leaves out the months after the page. COALESCE
    -- keeps a condition from an index below a policy, but not in a sub-select.
    AND entry.created_at <= (
        SELECT COALESCE(:before_created_at::timestamptz, 'infinity')
    )
    AND (entry.created_at, entry.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    )
ORDER BY entry.created_at DESC, entry.id DESC
-- A number is known only to a plan for these values, which would look cheaper for ever
-- and be made anew for each page of a long history.
LIMIT (SELECT :limit::bigint);

-- name: history_at_offset(user_id, limit, offset)
-- Returns a page of a user's history by its number, newest first.
-- It reads all that lies before the page: history_page does not. Entries that are added
-- in the meantime move others to the next page.
-- @row ListedEntry
-- @column key_moments: pgrepo.domains.audiotricks.documents.KeyMoments
-- @column processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions
-- @param limit = 20
-- @param offset = 0
SELECT
    entry.id,
    entry.user_id,
    entry.title,
    entry.audio_url,
    entry.file_size_bytes,
    entry.duration_seconds,
    entry.summary,
    entry.key_moments,
    entry.processing_options,
    entry.created_at
FROM audiotricks.audio_history AS entry
WHERE entry.user_id = :user_id
ORDER BY entry.created_at DESC, entry.id DESC
LIMIT :limit OFFSET :offset;

-- name: search_history(user_id, words, since, until, limit)
-- Returns the entries of a user that fit a search best; ties are newest first.
-- words are as typed into a search engine: "exact phrase", -without, this or that. What
-- is found in the title counts most, then the summary, then the transcript. since and
-- until bound created_at, and with it the months that are searched. headline shows the
-- words in what is around them, between « and »; nothing else in it is marked or
-- escaped.
-- The cost follows what fits of this user's, never what others have. In a scope it
-- follows all that the user has: PostgreSQL asks the policy before any word.
-- @row FoundEntry
-- @column headline not null
-- @param limit = 20
WITH best AS (
    SELECT
        entry.id,
        entry.user_id,
        entry.title,
        entry.audio_url,
        entry.duration_seconds,
        entry.summary,
        entry.transcript,
        entry.created_at,
        ts_rank_cd(
            entry.words,
            (SELECT websearch_to_tsquery('pg_catalog.english', :words))
        ) AS rank
    FROM audiotricks.audio_history AS entry
    -- The owner is one of the words. Told of the user_id as well, PostgreSQL would read
    -- all that the user has, because it cannot guess how little fits.
    WHERE
        entry.words @@ (SELECT audiotricks.history_query(:user_id, :words))
        AND entry.created_at >= :since  -- @optional
        AND entry.created_at < :until  -- @optional
    ORDER BY rank DESC, entry.created_at DESC, entry.id DESC
    LIMIT :limit
)

SELECT
    best.id,
    best.title,
    best.audio_url,
    best.duration_seconds,
    best.created_at,
    best.rank,
    -- After the limit: a headline is made of the whole text, one for each row returned.
    ts_headline(
        'pg_catalog.english',
        concat_ws(E'\n', best.summary, best.transcript, best.title),
        (SELECT websearch_to_tsquery('pg_catalog.english', :words)),
        'StartSel=«, StopSel=», MaxFragments=2, MinWords=5, MaxWords=20'
    ) AS headline
FROM best
WHERE best.user_id = :user_id
ORDER BY best.rank DESC, best.created_at DESC, best.id DESC;

-- name: update_history(user_id, history_id, created_at, title, audio_url, file_size_bytes, duration_seconds, transcript, summary, key_moments, processing_options)<!
-- Changes the given fields of an entry and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field.
-- @row HistoryEntry
-- @param key_moments: pgrepo.domains.audiotricks.documents.KeyMoments | None
-- @param processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions | None
-- @column key_moments: pgrepo.domains.audiotricks.documents.KeyMoments
-- @column processing_options: pgrepo.domains.audiotricks.documents.ProcessingOptions
UPDATE audiotricks.audio_history AS entry
SET
    title = :title,  -- @optional
    audio_url = :audio_url,  -- @optional
    file_size_bytes = :file_size_bytes,  -- @optional
    duration_seconds = :duration_seconds,  -- @optional
    transcript = :transcript,  -- @optional
    summary = :summary,  -- @optional
    key_moments = :key_moments,  -- @optional
    processing_options = :processing_options  -- @optional
WHERE
    entry.id = :history_id
    AND entry.user_id = :user_id
    AND entry.created_at = :created_at
RETURNING
    entry.id,
    entry.user_id,
    entry.title,
    entry.audio_url,
    entry.file_size_bytes,
    entry.duration_seconds,
    entry.transcript,
    entry.summary,
    entry.key_moments,
    entry.processing_options,
    entry.created_at;

-- name: delete_history(user_id, history_id, created_at)!
-- Deletes an entry of a user's history; returns 1, or 0 if there is none.
DELETE FROM audiotricks.audio_history AS entry
WHERE
    entry.id = :history_id
    AND entry.user_id = :user_id
    AND entry.created_at = :created_at;  -- @optional
