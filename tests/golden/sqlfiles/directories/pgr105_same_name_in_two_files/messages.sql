-- name: by_id(id)^
SELECT :id;
