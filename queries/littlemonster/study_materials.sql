-- Texts to study, found by their words and by their meaning.

-- name: create_material(user_id, title, content, kind, language, source_url, metadata, recording_id, transcription_id)<!
-- Adds a material and returns it; its embedding is to be computed.
-- content is 256 kB at most; of a long text, parts that one embedding each can stand
-- for are found better than the whole. NULL metadata means none, an empty object.
-- @row StudyMaterial
-- @param kind = 'note'
-- @param language = 'english'
-- @param source_url = None
-- @param metadata = None
-- @param recording_id = None
-- @param transcription_id = None
INSERT INTO littlemonster.study_materials AS material (
    user_id,
    title,
    content,
    kind,
    language,
    source_url,
    metadata,
    recording_id,
    transcription_id
)
VALUES (
    :user_id,
    :title,
    :content,
    :kind,
    :language,
    :source_url,
    COALESCE(:metadata::jsonb, '{}'),
    :recording_id,
    :transcription_id
)
RETURNING
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.content,
    material.language,
    material.source_url,
    material.metadata,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at;

-- name: material_by_id(material_id)^
-- Returns a material.
-- @row StudyMaterial
SELECT
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.content,
    material.language,
    material.source_url,
    material.metadata,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at
FROM littlemonster.study_materials AS material
WHERE material.id = :material_id;

-- name: materials_of_user(user_id, kind, before_created_at, before_id, limit)
-- Returns a page of a user's materials, newest first, of one kind if it is given.
-- excerpt is the beginning of the content, which can be long. The next page starts
-- before created_at and id of the last row; NULLs start at the newest.
-- @row ListedMaterial
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.language,
    material.source_url,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at,
    left(material.content, 200) AS excerpt
FROM littlemonster.study_materials AS material
WHERE
    material.user_id = :user_id
    AND material.kind = :kind  -- @optional
    AND (material.created_at, material.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY material.created_at DESC, material.id DESC
LIMIT :limit;

-- name: search_materials(user_id, words, embedding, language, kind, candidates, limit)
-- Returns the materials of a user that fit a search best, by words and by meaning.
-- words are as typed into a search engine: "exact phrase", -without, this or that, in
-- the language given. embedding is that of the question, by the model that made those
-- of the materials. NULL leaves out one of the two. Each ranks its best candidates,
-- ties by id; the ranks are fused reciprocally, 1 / (60 + rank) from each list that a
-- material is in, because the scores behind them cannot be compared. words_rank and
-- meaning_rank say where it was; NULL where it was not.
-- The cost follows what this user has, never what others have. What depends on the
-- parameters alone stands in sub-queries: it is computed once, and PostgreSQL does not
-- plan a prepared statement anew whenever one of them is NULL.
-- @row FoundMaterial
-- @param words = None
-- @param embedding = None
-- @param language = 'english'
-- @param candidates = 50
-- @param limit = 10
WITH by_words AS (
    SELECT
        found.id,
        row_number() OVER (ORDER BY found.score DESC, found.id) AS rank
    FROM (
        SELECT
            material.id,
            ts_rank_cd(
                material.words,
                (
                    SELECT
                        websearch_to_tsquery(
                            littlemonster.text_search_config(:language), :words
                        )
                )
            ) AS score
        FROM littlemonster.study_materials AS material
        WHERE
            material.user_id = :user_id
            AND material.words @@ (
                SELECT littlemonster.material_query(:user_id, :language, :words)
            )
            AND material.kind = :kind  -- @optional
        ORDER BY score DESC, material.id
        LIMIT :candidates
    ) AS found
),

by_meaning AS (
    SELECT
        found.id,
        row_number() OVER (ORDER BY found.distance, found.id) AS rank
    FROM (
        SELECT
            material.id,
            material.embedding <=> :embedding AS distance
        FROM littlemonster.study_materials AS material
        WHERE
            material.user_id = :user_id
            AND material.embedding IS NOT NULL
            AND (SELECT :embedding::vector IS NOT NULL)
            AND material.kind = :kind  -- @optional
        ORDER BY distance, material.id
        LIMIT :candidates
    ) AS found
),

fused AS (
    SELECT
        COALESCE(by_words.id, by_meaning.id) AS id,
        by_words.rank AS words_rank,
        by_meaning.rank AS meaning_rank,
        COALESCE(1 / (60 + by_words.rank)::double precision, 0)
        + COALESCE(1 / (60 + by_meaning.rank)::double precision, 0) AS score
    FROM by_words
    FULL JOIN by_meaning ON by_meaning.id = by_words.id
    ORDER BY score DESC, id
    LIMIT :limit
)

SELECT
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.content,
    material.language,
    material.source_url,
    material.metadata,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at,
    fused.words_rank,
    fused.meaning_rank,
    fused.score
FROM fused
INNER JOIN littlemonster.study_materials AS material ON material.id = fused.id
ORDER BY fused.score DESC, fused.id
LIMIT :limit;

-- name: similar_materials(material_id, limit)
-- Returns the other materials of the same user that are nearest in meaning, nearest
-- first; none while the material has no embedding.
-- similarity is the cosine, 1 for the same direction.
-- @param limit = 10
SELECT
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.language,
    material.source_url,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at,
    left(material.content, 200) AS excerpt,
    1 - (material.embedding <=> origin.embedding) AS similarity
FROM littlemonster.study_materials AS origin
INNER JOIN littlemonster.study_materials AS material
    ON material.user_id = origin.user_id
WHERE
    origin.id = :material_id
    AND material.id <> origin.id
    AND material.embedding_model = origin.embedding_model
ORDER BY material.embedding <=> origin.embedding, material.id
LIMIT :limit;

-- name: materials_without_embedding(after_created_at, after_id, limit)
-- Returns a page of the texts whose embedding is to be computed, oldest first, of all
-- users.
-- Store it with set_embedding, which wants the content_version. The next page starts
-- after created_at and id of the last row; NULLs start at the oldest.
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 100
SELECT
    material.id,
    material.user_id,
    material.title,
    material.content,
    material.language,
    material.content_version,
    material.created_at
FROM littlemonster.study_materials AS material
WHERE
    material.embedding IS NULL
    AND (material.created_at, material.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY material.created_at, material.id
LIMIT :limit;

-- name: set_embedding(material_id, content_version, embedding, embedding_model)!
-- Stores the embedding of a material; returns 1.
-- Returns 0 if the text is no longer of that version, or the material is gone: the
-- embedding is of something that nobody can read any more. A vector of zeros violates
-- study_materials_embedding_check.
UPDATE littlemonster.study_materials AS material
SET
    embedding = :embedding,
    embedding_model = :embedding_model,
    embedded_at = now()
WHERE
    material.id = :material_id
    AND material.content_version = :content_version;

-- name: clear_embedding(material_id)!
-- Takes the embedding of a material away, to have it computed anew, as by another
-- model; returns 1, or 0 if it has none.
UPDATE littlemonster.study_materials AS material
SET
    embedding = NULL,
    embedding_model = NULL,
    embedded_at = NULL
WHERE
    material.id = :material_id
    AND material.embedding IS NOT NULL;

-- name: update_material(material_id, title, content, kind, language, source_url, metadata)<!
-- Changes the given fields of a material and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. Another title or content counts content_version up and takes the embedding
-- away. metadata replaces the whole object.
-- @row StudyMaterial
UPDATE littlemonster.study_materials AS material
SET
    title = :title,  -- @optional
    content = :content,  -- @optional
    kind = :kind,  -- @optional
    language = :language,  -- @optional
    source_url = :source_url,  -- @optional
    metadata = :metadata  -- @optional
WHERE material.id = :material_id
RETURNING
    material.id,
    material.user_id,
    material.recording_id,
    material.transcription_id,
    material.kind,
    material.title,
    material.content,
    material.language,
    material.source_url,
    material.metadata,
    material.content_version,
    material.embedding_model,
    material.embedded_at,
    material.created_at,
    material.updated_at;

-- name: delete_material(material_id)!
-- Deletes a material for good; returns 1, or 0 if there is none. Conversations about it
-- stay.
DELETE FROM littlemonster.study_materials AS material
WHERE material.id = :material_id;
