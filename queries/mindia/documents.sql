-- Texts, sheets and slides that the tenants keep.

-- name: add_document(tenant_id, filename, s3_key, file_size)<!
-- Records a document whose file is in the tenant's bucket, and returns it.
INSERT INTO mindia.documents AS document (
    tenant_id,
    filename,
    s3_key,
    file_size
)
VALUES (
    :tenant_id,
    :filename,
    :s3_key,
    :file_size
)
RETURNING
    document.id,
    document.tenant_id,
    document.filename,
    document.s3_key,
    document.file_size,
    document.uploaded_at;

-- name: document_by_id(tenant_id, document_id)^
-- Returns a document.
SELECT
    document.id,
    document.tenant_id,
    document.filename,
    document.s3_key,
    document.file_size,
    document.uploaded_at
FROM mindia.documents AS document
WHERE
    document.tenant_id = :tenant_id
    AND document.id = :document_id;

-- name: documents_page(tenant_id, before_uploaded_at, before_id, limit)
-- Returns a page of a tenant's documents, newest first.
-- The next page starts before uploaded_at and id of the last row; NULLs start at the
-- newest.
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    document.id,
    document.tenant_id,
    document.filename,
    document.s3_key,
    document.file_size,
    document.uploaded_at
FROM mindia.documents AS document
WHERE
    document.tenant_id = :tenant_id
    AND (document.uploaded_at, document.id) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY document.uploaded_at DESC, document.id DESC
LIMIT :limit;

-- name: update_document(tenant_id, document_id, filename, s3_key, file_size)<!
-- Changes the given fields of a document and returns it; none if there is none.
-- A patch: what is not given stays as it is.
UPDATE mindia.documents AS document
SET
    filename = :filename,  -- @optional
    s3_key = :s3_key,  -- @optional
    file_size = :file_size  -- @optional
WHERE
    document.tenant_id = :tenant_id
    AND document.id = :document_id
RETURNING
    document.id,
    document.tenant_id,
    document.filename,
    document.s3_key,
    document.file_size,
    document.uploaded_at;

-- name: delete_document(tenant_id, document_id)<!
-- Forgets a document and returns where it lies, for the caller to delete; none if
-- there is none.
-- @row DeletedDocument
DELETE FROM mindia.documents AS document
WHERE
    document.tenant_id = :tenant_id
    AND document.id = :document_id
RETURNING
    document.id,
    document.s3_key;
