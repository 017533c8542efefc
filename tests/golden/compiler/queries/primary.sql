-- name: order_by_id(order_id)^
-- @primary
SELECT orders.id, orders.total FROM shop.orders WHERE orders.id = :order_id;

-- name: remove_order(order_id)!
-- @primary
DELETE FROM shop.orders WHERE orders.id = :order_id;
