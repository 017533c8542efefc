-- name: not_alone(a, b, c)
SELECT b
FROM t
WHERE
    t.a = :a  -- @optional, for the list
    AND t.b = :b  -- of the page; @optional
    AND t.c = :c  /* @optional */
;

-- name: orders()
-- @order_by
-- @order_by newest
-- @order_by newest:
-- @order_by the newest: id
-- @order_by new-est: id
-- @order_by class: id
-- @order_by oldest: id
-- @order_by oldest: id DESC
-- @order_by first: id LIMIT 10
-- @order_by open: (id
-- @order_by closed: id)
-- @order_by two: id; SELECT 1
-- @order_by numbered: $1
SELECT id FROM t ORDER BY id;

-- name: good()
SELECT 'AND a = 1 -- @optional';
