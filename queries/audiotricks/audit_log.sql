-- Every change of data: what was, what is, who did it.
--
-- Triggers write it, and nothing changes it. Of secrets it says only that they changed.

-- name: audit_page(before_created_at, before_id, limit)
-- Returns a page of all changes, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row AuditEntry
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    entry.id,
    entry.user_id,
    entry.table_name,
    entry.row_id,
    entry.operation,
    entry.old_row,
    entry.new_row,
    entry.acting_user_id,
    entry.database_role,
    entry.created_at
FROM audiotricks.audit_log AS entry
WHERE
    entry.created_at <= (
        SELECT COALESCE(:before_created_at::timestamptz, 'infinity')
    )
    AND (entry.created_at, entry.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::bigint, 9223372036854775807))
    )
ORDER BY entry.created_at DESC, entry.id DESC
LIMIT :limit;

-- name: audit_of_user(user_id, table_name, before_created_at, before_id, limit)
-- Returns a page of the changes of a user's data, of one table if it is given, newest
-- first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row AuditEntry
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    entry.id,
    entry.user_id,
    entry.table_name,
    entry.row_id,
    entry.operation,
    entry.old_row,
    entry.new_row,
    entry.acting_user_id,
    entry.database_role,
    entry.created_at
FROM audiotricks.audit_log AS entry
WHERE
    entry.user_id = :user_id
    AND entry.table_name = :table_name  -- @optional
    AND entry.created_at <= (
        SELECT COALESCE(:before_created_at::timestamptz, 'infinity')
    )
    AND (entry.created_at, entry.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::bigint, 9223372036854775807))
    )
ORDER BY entry.created_at DESC, entry.id DESC
LIMIT :limit;

-- name: audit_of_row(row_id, table_name, before_created_at, before_id, limit)
-- Returns a page of the changes of one row, newest first.
-- row_id is its id; that of a row of user_settings is the user's.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row AuditEntry
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    entry.id,
    entry.user_id,
    entry.table_name,
    entry.row_id,
    entry.operation,
    entry.old_row,
    entry.new_row,
    entry.acting_user_id,
    entry.database_role,
    entry.created_at
FROM audiotricks.audit_log AS entry
WHERE
    entry.row_id = :row_id
    AND entry.table_name = :table_name
    AND entry.created_at <= (
        SELECT COALESCE(:before_created_at::timestamptz, 'infinity')
    )
    AND (entry.created_at, entry.id) < (
        (SELECT COALESCE(:before_created_at::timestamptz, 'infinity')),
        (SELECT COALESCE(:before_id::bigint, 9223372036854775807))
    )
ORDER BY entry.created_at DESC, entry.id DESC
LIMIT :limit;

-- name: purge_audit_log(before, batch_size)!
-- Deletes entries that are older than a time, oldest first, up to batch_size, and
-- returns how many; 0 means that none are left.
-- Months that are over can be detached and dropped instead.
-- @param batch_size = 1000
DELETE FROM audiotricks.audit_log AS entry
WHERE
    entry.created_at < :before
    AND entry.id = ANY (
        ARRAY(
            SELECT old.id
            FROM audiotricks.audit_log AS old
            WHERE old.created_at < :before
            ORDER BY old.created_at, old.id
            LIMIT (SELECT :batch_size::bigint)
        )
    );

-- name: erase_audit_of_user(user_id, batch_size)!
-- Deletes what is told of a user, oldest first, up to batch_size entries, and returns
-- how many; 0 means that nothing is left.
-- For somebody who wants to be forgotten: the entry of a deletion holds what was
-- deleted.
-- @param batch_size = 1000
DELETE FROM audiotricks.audit_log AS entry
WHERE
    entry.user_id = :user_id
    AND entry.id = ANY (
        ARRAY(
            SELECT told.id
            FROM audiotricks.audit_log AS told
            WHERE told.user_id = :user_id
            ORDER BY told.created_at, told.id
            LIMIT (SELECT :batch_size::bigint)
        )
    );
