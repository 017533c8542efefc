-- name: recent()
SELECT 1;

-- name: by-id(id)^
SELECT :id;
