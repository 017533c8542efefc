-- name: comment_only()
-- Says much.

-- name: semicolon_only()
;

-- name: good()
SELECT 1;

-- name: nothing()
