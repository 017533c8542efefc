-- name: order_by_id(order_id)
SELECT id, number FROM shop.orders WHERE id = :order_id;

-- name: order_count()
SELECT count(*) AS orders FROM shop.orders WHERE true;

-- name: newest()
SELECT id, number FROM shop.orders ORDER BY id DESC LIMIT 1;
