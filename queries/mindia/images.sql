-- Pictures that the tenants keep.

-- name: add_image(tenant_id, filename, original_filename, s3_key, s3_url, content_type, file_size, width, height)<!
-- Records an image whose file is in the tenant's bucket, and returns it.
-- @param width = None
-- @param height = None
INSERT INTO mindia.images AS image (
    tenant_id,
    filename,
    original_filename,
    s3_key,
    s3_url,
    content_type,
    file_size,
    width,
    height
)
VALUES (
    :tenant_id,
    :filename,
    :original_filename,
    :s3_key,
    :s3_url,
    :content_type,
    :file_size,
    :width,
    :height
)
RETURNING
    image.id,
    image.tenant_id,
    image.filename,
    image.original_filename,
    image.s3_key,
    image.s3_url,
    image.content_type,
    image.file_size,
    image.width,
    image.height,
    image.uploaded_at;

-- name: image_by_id(tenant_id, image_id)^
-- Returns an image.
SELECT
    image.id,
    image.tenant_id,
    image.filename,
    image.original_filename,
    image.s3_key,
    image.s3_url,
    image.content_type,
    image.file_size,
    image.width,
    image.height,
    image.uploaded_at
FROM mindia.images AS image
WHERE
    image.tenant_id = :tenant_id
    AND image.id = :image_id;

-- name: images_page(tenant_id, before_uploaded_at, before_id, limit)
-- Returns a page of a tenant's images, newest first.
-- The next page starts before uploaded_at and id of the last row; NULLs start at the
-- newest.
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    image.id,
    image.tenant_id,
    image.filename,
    image.original_filename,
    image.s3_key,
    image.s3_url,
    image.content_type,
    image.file_size,
    image.width,
    image.height,
    image.uploaded_at
FROM mindia.images AS image
WHERE
    image.tenant_id = :tenant_id
    AND (image.uploaded_at, image.id) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY image.uploaded_at DESC, image.id DESC
LIMIT :limit;

-- name: update_image(tenant_id, image_id, filename, s3_key, s3_url, content_type, file_size, width, height)<!
-- Changes the given fields of an image and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
UPDATE mindia.images AS image
SET
    filename = :filename,  -- @optional
    s3_key = :s3_key,  -- @optional
    s3_url = :s3_url,  -- @optional
    content_type = :content_type,  -- @optional
    file_size = :file_size,  -- @optional
    width = :width,  -- @optional
    height = :height  -- @optional
WHERE
    image.tenant_id = :tenant_id
    AND image.id = :image_id
RETURNING
    image.id,
    image.tenant_id,
    image.filename,
    image.original_filename,
    image.s3_key,
    image.s3_url,
    image.content_type,
    image.file_size,
    image.width,
    image.height,
    image.uploaded_at;

-- name: delete_image(tenant_id, image_id)<!
-- Forgets an image and returns where it lies, for the caller to delete; none if
-- there is none.
-- @row DeletedImage
DELETE FROM mindia.images AS image
WHERE
    image.tenant_id = :tenant_id
    AND image.id = :image_id
RETURNING
    image.id,
    image.s3_key;
