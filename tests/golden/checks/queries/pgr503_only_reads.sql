-- name: ping()!
SELECT 1 AS one;

-- name: order_by_id(order_id)<!
SELECT id, number FROM shop.orders WHERE id = :order_id;

-- name: look_at_many(order_id)*!
SELECT id FROM shop.orders WHERE id = :order_id;
