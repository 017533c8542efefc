-- name: orders()
-- @order_by named: id = 'x
SELECT id FROM t ORDER BY id;
