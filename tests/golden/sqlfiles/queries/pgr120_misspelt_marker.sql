-- name: q(a, b)
-- @orderby newest: id
SELECT id
FROM t
WHERE
    t.a = :a  -- @optionl
    AND t.b = :b  -- @Optional
ORDER BY id;
