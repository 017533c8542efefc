-- name: lock_order(order_id)^
-- @cache 5min by order_id
SELECT orders.id FROM shop.orders WHERE orders.id = :order_id FOR UPDATE;

-- name: orders_near(place)
-- @cache 5min
SELECT orders.id FROM shop.orders WHERE orders.place ~= :place;

-- name: place_of(order_id)^
-- @cache 5min by order_id
SELECT orders.id, orders.place FROM shop.orders WHERE orders.id = :order_id;

-- name: orders_since(placed_at)
-- @cache 5min by placed_at
SELECT orders.id FROM shop.orders WHERE orders.placed_at > :placed_at;

-- name: orders_of(customer_id)
-- @cache 5min by customer_id
SELECT orders.id
FROM shop.orders
WHERE
    orders.customer_id = :customer_id  -- @optional
;

-- name: order_by_id(order_id)^
-- @cache 1h by order_id
SELECT orders.id, orders.total FROM shop.orders WHERE orders.id = :order_id;

-- name: order_total(order_id)$
SELECT orders.total FROM shop.orders WHERE orders.id = :order_id;

-- name: remove_order(order_id)!
-- @invalidates order_by_od by order_id
-- @invalidates order_total by order_id
-- @invalidates order_by_id
-- @invalidates order_by_id by customer_id
DELETE FROM shop.orders WHERE orders.id = :order_id;

-- name: remove_orders(customer_id)
-- @invalidates order_by_id by customer_id
DELETE FROM shop.orders WHERE orders.customer_id = :customer_id RETURNING orders.id;
