-- name: string_not_closed(id)
SELECT 'abc FROM m.t WHERE t.id = :id;

-- name: good(id)
SELECT 'it''s' FROM m.t WHERE t.id = :id;

-- name: dollar_not_closed()
SELECT $body$ abc;

-- name: comment_not_closed()
SELECT 1 /* why;
