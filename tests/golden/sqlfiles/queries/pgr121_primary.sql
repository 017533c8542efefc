-- name: order_by_id(order_id)^
-- @primary always
SELECT id FROM shop.orders WHERE id = :order_id;

-- name: orders_of(customer_id)
-- @primary
-- @primary
SELECT id FROM shop.orders WHERE customer_id = :customer_id;
