-- name: remove_order(order_id)!
-- @cache 5min by order_id
DELETE FROM shop.orders WHERE id = :order_id;

-- name: add_orders(id, customer_id)*!
-- @invalidates orders_of by customer_id
INSERT INTO shop.orders (id, customer_id) VALUES (:id, :customer_id);
