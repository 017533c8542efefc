-- Plans that follow the page, or that nobody can better.

-- name: order_by_id(order_id)^
SELECT id FROM shop.orders WHERE id = :order_id;

-- name: newest_orders(customer_id, limit)
SELECT id, placed_at
FROM shop.orders
WHERE customer_id = :customer_id
ORDER BY placed_at DESC, id DESC
LIMIT :limit;

-- name: some_lines(limit)
-- @allow PGR507: any of them will do
SELECT order_id, position FROM shop.lines LIMIT :limit;

-- name: customer_by_email(email)^
SELECT id FROM shop.customers WHERE lower(email) = lower(:email);

-- name: orders_since(id)
SELECT id, placed_at FROM shop.orders WHERE id > :id;

-- name: current_price(product)$
SELECT price FROM shop.prices WHERE product = :product AND is_current;

-- name: has_orders()$
SELECT EXISTS (SELECT 1 FROM shop.orders) AS found;

-- name: products_of(customer_id)
SELECT l.product, sum(l.quantity) AS quantity
FROM shop.orders AS o
INNER JOIN shop.lines AS l ON l.order_id = o.id
WHERE o.customer_id = :customer_id
GROUP BY l.product
ORDER BY l.product;

-- name: top_products(customer_id, limit)
SELECT l.product, count(*) AS times
FROM shop.orders AS o
INNER JOIN shop.lines AS l ON l.order_id = o.id
WHERE o.customer_id = :customer_id
GROUP BY l.product
ORDER BY count(*) DESC, l.product
LIMIT :limit;

-- name: add_order(id, customer_id, number, placed_at)!
INSERT INTO shop.orders (id, customer_id, number, status, placed_at)
VALUES (:id, :customer_id, :number, 'open', :placed_at);

-- name: all_settings()
SELECT currency FROM shop.settings WHERE currency <> 'EUR';
