-- name: orders_with_status(status, limit)
SELECT o.id, o.placed_at
FROM shop.orders AS o
WHERE o.status = :status AND o.note IS NOT NULL
ORDER BY o.placed_at DESC, o.id DESC
LIMIT :limit;

-- name: order_count()$
SELECT count(*) AS orders FROM shop.orders;

-- name: lines_with(product)
SELECT l.order_id, l.position
FROM shop.lines AS l
WHERE l.product = :product
ORDER BY l.order_id, l.position;

-- name: customers_called(words)
SELECT c.id FROM shop.customers AS c WHERE c.name LIKE '%' || :words || '%';

-- name: rename_product(old, new)!
UPDATE shop.lines SET product = :new WHERE product = :old;

-- name: orders_with_customers(product)
SELECT c.email, o.number
FROM shop.customers AS c
INNER JOIN shop.orders AS o ON o.customer_id = c.id
WHERE EXISTS (
    SELECT 1 FROM shop.lines AS l WHERE l.order_id = o.id AND l.product = :product
);
