-- name: order_by_id(order_id)^
-- Returns an order.
SELECT id, number FROM shop.orders WHERE id = :order_id;

-- name: order(wanted)^
select id, number
from shop.orders  -- all of them
where id = :wanted;

-- name: orders_list(order_id)^
-- @row Order
SELECT id, number FROM shop.orders WHERE id = :order_id;

-- name: order_exactly(order_id)^
SELECT id, "number" FROM shop.orders WHERE id = :order_id;
