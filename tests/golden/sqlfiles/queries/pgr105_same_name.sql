-- name: good()
SELECT 1;

-- name: session-by-id(id)^
SELECT :id;

-- name: session_by_id(id)^
SELECT :id;
