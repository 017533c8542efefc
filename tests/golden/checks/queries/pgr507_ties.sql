-- name: newest_orders(customer_id, limit)
SELECT id, number, placed_at
FROM shop.orders
WHERE customer_id = :customer_id
ORDER BY placed_at DESC
LIMIT :limit;

-- name: first_lines(limit)
SELECT o.id, l.product
FROM shop.orders AS o
INNER JOIN shop.lines AS l ON l.order_id = o.id
ORDER BY o.id
LIMIT :limit;

-- name: best_customers(limit)
SELECT customer_id, count(*) AS orders
FROM shop.orders
GROUP BY customer_id
ORDER BY count(*) DESC
LIMIT :limit;

-- name: page_of_page(limit)
WITH page AS (
    SELECT id, placed_at, note FROM shop.orders ORDER BY placed_at LIMIT :limit
)
SELECT page.id, page.note FROM page ORDER BY page.id LIMIT :limit;

-- name: latest_visit(customer_id)^
SELECT page, at
FROM shop.visits
WHERE customer_id = :customer_id
ORDER BY at DESC
LIMIT 1;

-- name: customers_with_last_note()
SELECT
    c.id,
    (
        SELECT o.note FROM shop.orders AS o
        WHERE o.customer_id = c.id
        ORDER BY o.placed_at DESC
        LIMIT 1
    ) AS note
FROM shop.customers AS c;

-- name: ordered(limit)
-- @order_by newest: o.placed_at DESC, o.id DESC
-- @order_by status: o.status
SELECT o.id, o.status FROM shop.orders AS o ORDER BY o.placed_at DESC, o.id DESC LIMIT :limit;

-- name: statuses(limit)
SELECT DISTINCT status, note FROM shop.orders ORDER BY status LIMIT :limit;

-- name: groups(limit)
SELECT status, count(*) AS orders
FROM shop.orders
GROUP BY status, customer_id
ORDER BY status
LIMIT :limit;

-- name: some_orders(limit)
SELECT id, number FROM shop.orders LIMIT :limit;

-- name: some_joined_orders()
SELECT o.id, l.product
FROM shop.orders AS o
INNER JOIN shop.lines AS l ON l.order_id = o.id
FETCH FIRST 20 ROWS ONLY;
