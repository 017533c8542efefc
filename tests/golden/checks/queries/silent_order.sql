-- Orders that leave no ties, or ties that nobody can see.

-- name: newest_orders(customer_id, limit)
SELECT id, placed_at
FROM shop.orders
WHERE customer_id = :customer_id
ORDER BY placed_at DESC, id DESC
LIMIT :limit;

-- name: by_number(customer_id, limit)
SELECT id, number FROM shop.orders WHERE customer_id = :customer_id ORDER BY number LIMIT :limit;

-- name: lines_of(order_id, limit)
SELECT l.product, l.position, o.number
FROM shop.lines AS l
INNER JOIN shop.orders AS o ON o.id = l.order_id
WHERE o.id = :order_id
ORDER BY l.position
LIMIT :limit;

-- name: customers_by_email(limit)
SELECT id, email FROM shop.customers ORDER BY lower(email) LIMIT :limit;

-- name: current_prices(limit)
SELECT product, price FROM shop.prices WHERE is_current ORDER BY product LIMIT :limit;

-- name: names(limit)
SELECT name FROM shop.customers ORDER BY name LIMIT :limit;

-- name: by_text(limit)
SELECT id, number FROM shop.orders ORDER BY id::text LIMIT :limit;

-- name: with_ties(limit)
SELECT id, placed_at FROM shop.orders ORDER BY placed_at FETCH FIRST :limit ROWS WITH TIES;

-- name: best_customers(limit)
SELECT customer_id, count(*) AS orders
FROM shop.orders
GROUP BY customer_id
ORDER BY count(*) DESC, customer_id
LIMIT :limit;

-- name: latest_of_each(limit)
SELECT customer_id, max(id) AS id
FROM shop.orders
GROUP BY customer_id
ORDER BY max(id) DESC
LIMIT :limit;

-- name: numbered(limit)
SELECT note, row_number() OVER (ORDER BY id) AS n FROM shop.orders ORDER BY n LIMIT :limit;

-- name: either(limit)
SELECT id FROM shop.orders UNION SELECT id FROM shop.customers ORDER BY id LIMIT :limit;

-- name: with_counts(limit)
WITH page AS (
    SELECT id, placed_at FROM shop.orders ORDER BY placed_at DESC, id DESC LIMIT :limit
)
SELECT page.id, counted.lines
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS lines FROM shop.lines AS l WHERE l.order_id = page.id
) AS counted
ORDER BY page.placed_at DESC, page.id DESC
LIMIT :limit;

-- name: any_open(limit)
SELECT id FROM shop.customers AS c
WHERE EXISTS (
    SELECT 1 FROM shop.orders AS o
    WHERE o.customer_id = c.id ORDER BY o.placed_at LIMIT 1
)
ORDER BY id
LIMIT :limit;

-- name: all_orders()
SELECT id, placed_at FROM shop.orders ORDER BY placed_at;

-- name: merged(limit)
SELECT id, customer_id, number, note
FROM shop.orders
INNER JOIN shop.customers USING (id)
ORDER BY id
LIMIT :limit;

-- name: series(limit)
SELECT n FROM generate_series(1, 100) AS n ORDER BY n % 10 LIMIT :limit;

-- name: distinct_on(limit)
SELECT DISTINCT ON (customer_id) customer_id, id
FROM shop.orders
ORDER BY customer_id, placed_at DESC, id DESC
LIMIT :limit;

-- name: current_setting(limit)
SELECT currency FROM shop.settings ORDER BY currency LIMIT :limit;

-- name: equal_inside(limit)
SELECT found.number, found.customer_id
FROM (SELECT number, customer_id FROM shop.orders WHERE number = customer_id) AS found
ORDER BY found.number
LIMIT :limit;

-- name: windows(limit)
SELECT found.first_note, found.orders
FROM (
    SELECT min(note) OVER () AS first_note, count(*) OVER () AS orders FROM shop.orders
) AS found
ORDER BY found.first_note
LIMIT :limit;

-- name: is_there_any()$
SELECT 1 FROM shop.orders LIMIT 1;

-- name: only_one(id)^
SELECT id, number FROM shop.orders WHERE id = :id LIMIT 1;

-- name: of_a_sorted_query(limit)
SELECT newest.id FROM (SELECT id FROM shop.orders ORDER BY id DESC) AS newest LIMIT :limit;

-- name: first_of_series(limit)
SELECT n FROM generate_series(1, 100) AS n LIMIT :limit;

-- name: purged_in_portions(limit)!
DELETE FROM shop.orders WHERE id IN (SELECT id FROM shop.orders LIMIT :limit);
