-- name: order_of_customer(customer_id)^
SELECT id, number FROM shop.orders WHERE customer_id = :customer_id;

-- name: number_of_customer(customer_id)$
SELECT number FROM shop.orders WHERE customer_id = :customer_id;

-- name: send_all(status)<!
UPDATE shop.orders SET status = 'sent' WHERE status = :status RETURNING id;

-- name: copy_order(order_id)<!
INSERT INTO shop.lines (order_id, position, product, quantity)
SELECT order_id, position + 100, product, quantity
FROM shop.lines
WHERE order_id = :order_id
RETURNING order_id, position;

-- name: add_two_prices(product)<!
INSERT INTO shop.prices (id, product, price, valid_from, is_current)
VALUES (1, :product, 1, '2026-01-01', false), (2, :product, 2, '2026-02-01', false)
RETURNING id;

-- name: order_with_lines(order_id)^
SELECT o.id, l.product
FROM shop.orders AS o
INNER JOIN shop.lines AS l ON l.order_id = o.id
WHERE o.id = :order_id;

-- name: orders_by_status(customer_id)^
SELECT status, count(*) AS orders
FROM shop.orders
WHERE customer_id = :customer_id
GROUP BY status;

-- name: newest_of(customer_id, limit)^
WITH page AS (
    SELECT id, placed_at
    FROM shop.orders
    WHERE customer_id = :customer_id
    ORDER BY placed_at DESC, id DESC
    LIMIT :limit
)
SELECT page.id FROM page;

-- name: order_where(customer_id, number)^
SELECT id
FROM shop.orders
WHERE
    customer_id = :customer_id
    AND number = :number;  -- @optional

-- name: visit_of(customer_id, at)^
SELECT page FROM shop.visits WHERE customer_id = :customer_id AND at = :at;
