-- What media are about, as vectors, and the search among them.
--
-- Similarity is the cosine: 1 for the same direction, 0 for unrelated ones, -1 for
-- opposite ones. A tenant's embeddings are compared exactly where they are few, and
-- found by HNSW where they are many, which may miss one in a hundred.

-- name: upsert_embedding(tenant_id, entity_type, entity_id, description, embedding, model_name)<!
-- Stores what something is about, in place of what was stored of it before.
-- A vector has 768 dimensions, and not only zeros. What the tenant does not have is
-- refused as a violation of embeddings_entity_id_fkey. Returns the embedding without
-- its vector.
-- @row StoredEmbedding
INSERT INTO mindia.embeddings AS embedding (
    tenant_id,
    entity_type,
    entity_id,
    description,
    embedding,
    model_name
)
VALUES (
    :tenant_id,
    :entity_type,
    :entity_id,
    :description,
    :embedding,
    :model_name
)
ON CONFLICT (tenant_id, entity_id, entity_type) DO UPDATE
SET
    description = excluded.description,
    embedding = excluded.embedding,
    model_name = excluded.model_name,
    created_at = excluded.created_at
RETURNING
    embedding.id,
    embedding.entity_type,
    embedding.entity_id,
    embedding.description,
    embedding.model_name,
    embedding.created_at;

-- name: search_embeddings(tenant_id, embedding, entity_types, model_name, limit)
-- Returns what a tenant has that is most similar to a vector, most similar first.
-- Of the given types, and by one model; NULL means all. Vectors of different models
-- mean nothing to each other, so name the model while there are several. As many as
-- limit come back if there are so many.
-- @row SimilarEntity
-- @param entity_types = None
-- @param model_name = None
-- @param limit = 10
-- @column similarity not null
SELECT
    embedding.id,
    embedding.entity_type,
    embedding.entity_id,
    embedding.description,
    embedding.model_name,
    1 - nearest.distance AS similarity
FROM mindia.nearest_embeddings(
    :tenant_id,
    :embedding::vector(768),
    :entity_types::mindia.entity_type[],
    :model_name::text,
    :limit
) AS nearest
INNER JOIN mindia.embeddings AS embedding
    ON
        embedding.tenant_id = :tenant_id
        AND embedding.id = nearest.id
ORDER BY nearest.distance, embedding.id;

-- name: similar_entities(tenant_id, entity_type, entity_id, entity_types, limit)
-- Returns what a tenant has that is most similar to something else it has, most similar
-- first, without that itself.
-- Of the given types; NULL means all. Compares embeddings of the same model only. None
-- if the entity has no embedding.
-- @row SimilarEntity
-- @param entity_types = None
-- @param limit = 10
-- @column similarity not null
WITH given AS MATERIALIZED (
    SELECT
        embedding.id,
        embedding.embedding,
        embedding.model_name
    FROM mindia.embeddings AS embedding
    WHERE
        embedding.tenant_id = :tenant_id
        AND embedding.entity_id = :entity_id
        AND embedding.entity_type = :entity_type
)

SELECT
    embedding.id,
    embedding.entity_type,
    embedding.entity_id,
    embedding.description,
    embedding.model_name,
    1 - nearest.distance AS similarity
FROM given
CROSS JOIN LATERAL mindia.nearest_embeddings(
    :tenant_id,
    given.embedding,
    :entity_types::mindia.entity_type[],
    given.model_name,
    -- One more, as the entity itself is nearest of all.
    :limit::bigint + 1
) AS nearest
INNER JOIN mindia.embeddings AS embedding
    ON
        embedding.tenant_id = :tenant_id
        AND embedding.id = nearest.id
WHERE nearest.id <> given.id
ORDER BY nearest.distance, embedding.id
LIMIT :limit;

-- name: entities_without_embedding(tenant_id, kind, model_name, before_uploaded_at, before_id, before_kind, limit)
-- Returns a page of what a tenant has that is not embedded yet, newest first; of one
-- kind if it is given.
-- With a model_name, what another model has embedded counts too. The next page starts
-- before uploaded_at, id and kind of the last row; NULLs start at the newest.
-- @row UnembeddedEntity
-- @param model_name = None
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param before_kind = None
-- @param limit = 50
SELECT
    media.kind,
    media.id,
    media.filename,
    media.s3_key,
    media.uploaded_at
FROM (
    -- As in media_page, no condition in here, so that the branches are merged in the
    -- order of their indexes.
    SELECT
        image.tenant_id,
        'image'::mindia.entity_type AS kind,
        image.id,
        image.filename,
        image.s3_key,
        image.uploaded_at
    FROM mindia.images AS image
    UNION ALL
    SELECT
        video.tenant_id,
        'video'::mindia.entity_type AS kind,
        video.id,
        video.filename,
        video.s3_key,
        video.uploaded_at
    FROM mindia.videos AS video
    UNION ALL
    SELECT
        audio.tenant_id,
        'audio'::mindia.entity_type AS kind,
        audio.id,
        audio.filename,
        audio.s3_key,
        audio.uploaded_at
    FROM mindia.audios AS audio
    UNION ALL
    SELECT
        document.tenant_id,
        'document'::mindia.entity_type AS kind,
        document.id,
        document.filename,
        document.s3_key,
        document.uploaded_at
    FROM mindia.documents AS document
) AS media
WHERE
    media.tenant_id = :tenant_id
    AND media.kind = (SELECT :kind::mindia.entity_type)  -- @optional
    AND (media.uploaded_at, media.id, media.kind) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL
                THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END,
        CASE
            WHEN :before_kind::mindia.entity_type IS NULL THEN 'document'
            ELSE :before_kind
        END
    )
    -- Asked of each row that the merge comes to, and of no more than the page needs.
    -- OFFSET 0 keeps PostgreSQL from joining instead.
    AND NOT EXISTS (
        SELECT 1
        FROM mindia.embeddings AS embedding
        WHERE
            embedding.tenant_id = media.tenant_id
            AND embedding.entity_id = media.id
            AND embedding.entity_type = media.kind
            AND (
                :model_name::varchar IS NULL
                OR embedding.model_name = :model_name
            )
        OFFSET 0
    )
ORDER BY media.uploaded_at DESC, media.id DESC, media.kind DESC
LIMIT (SELECT :limit::bigint);

-- name: embedding_of_entity(tenant_id, entity_type, entity_id)^
-- Returns the embedding of something, with its vector.
SELECT
    embedding.id,
    embedding.entity_id,
    embedding.entity_type,
    embedding.tenant_id,
    embedding.description,
    embedding.embedding,
    embedding.model_name,
    embedding.created_at
FROM mindia.embeddings AS embedding
WHERE
    embedding.tenant_id = :tenant_id
    AND embedding.entity_id = :entity_id
    AND embedding.entity_type = :entity_type;

-- name: embeddings_page(tenant_id, before_created_at, before_id, limit)
-- Returns a page of a tenant's embeddings, newest first, without their vectors.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row StoredEmbedding
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    embedding.id,
    embedding.entity_type,
    embedding.entity_id,
    embedding.description,
    embedding.model_name,
    embedding.created_at
FROM mindia.embeddings AS embedding
WHERE
    embedding.tenant_id = :tenant_id
    AND (embedding.created_at, embedding.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::bigint IS NULL THEN 9223372036854775807
            ELSE :before_id
        END
    )
ORDER BY embedding.created_at DESC, embedding.id DESC
LIMIT :limit;

-- name: update_description(tenant_id, entity_type, entity_id, description)!
-- Corrects the text of an embedding whose vector stays good; returns 1, or 0 if there
-- is none.
UPDATE mindia.embeddings AS embedding
SET description = :description
WHERE
    embedding.tenant_id = :tenant_id
    AND embedding.entity_id = :entity_id
    AND embedding.entity_type = :entity_type;

-- name: delete_embedding(tenant_id, entity_type, entity_id)!
-- Deletes the embedding of something; returns 1, or 0 if there is none.
-- Deleting the thing itself does that, too.
DELETE FROM mindia.embeddings AS embedding
WHERE
    embedding.tenant_id = :tenant_id
    AND embedding.entity_id = :entity_id
    AND embedding.entity_type = :entity_type;
