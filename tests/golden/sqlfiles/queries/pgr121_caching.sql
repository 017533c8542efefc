-- name: order_by_id(order_id)^
-- @cache
SELECT id FROM shop.orders WHERE id = :order_id;

-- name: orders_of(customer_id)
-- @cache 90 minutes by customer_id
SELECT id FROM shop.orders WHERE customer_id = :customer_id;

-- name: orders_at(day)
-- @cache 5min by day
-- @cache 1h by day
SELECT id FROM shop.orders WHERE day = :day;

-- name: orders_on(day)
-- @cache 5min by days
SELECT id FROM shop.orders WHERE day = :day;

-- name: remove_order(order_id)!
-- @invalidates order_by_id, orders_of by order_id
DELETE FROM shop.orders WHERE id = :order_id;
