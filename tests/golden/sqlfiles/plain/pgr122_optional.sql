-- @order_by newest: id DESC
SELECT id
FROM t
WHERE a = $1  -- @optional
ORDER BY id DESC;
