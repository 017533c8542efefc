-- name: no_order_by()
-- @order_by newest: created_at DESC
SELECT id FROM (SELECT id, created_at FROM t ORDER BY created_at DESC) AS s;

-- name: not_the_default()
-- @order_by newest: created_at DESC, id DESC
-- @order_by oldest: created_at, id
SELECT id
FROM t
ORDER BY
    created_at DESC,
    id
LIMIT 10;

-- name: unknown_parameter(a)
-- @order_by nearest: abs(level - :b)
-- @order_by nearest_too: abs(level - :a)
SELECT id
FROM t
WHERE a = :a  -- @optional
ORDER BY abs(level);

-- name: optional_in_the_order(a)
-- @order_by usual: (SELECT 1 FROM u WHERE u.a = :a), id
SELECT id
FROM t
ORDER BY (
    SELECT 1
    FROM u
    WHERE
        u.a = :a  -- @optional
), id;

-- name: comment_in_the_order()
-- @order_by other: id
SELECT id
FROM t
ORDER BY
    level,  -- the higher the later
    id DESC;

-- name: taken(order_by)
-- @order_by newest: created_at DESC
SELECT id
FROM t
WHERE a = :order_by
ORDER BY created_at DESC;

-- name: good(a)
-- @order_by newest: Created_At DESC , id
-- @order_by far: abs(level - :a) DESC NULLS LAST
SELECT id
FROM t
WHERE a = :a
ORDER BY created_at DESC, id
FETCH FIRST ROW ONLY;
