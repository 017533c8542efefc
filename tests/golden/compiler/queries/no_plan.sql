-- name: neighbours()
SELECT one.id, other.id AS next
FROM shop.orders AS one
FULL JOIN shop.orders AS other ON other.id > one.id;

-- name: later(after)
SELECT one.id, other.id AS next
FROM shop.orders AS one
FULL JOIN shop.orders AS other ON other.id > one.id
WHERE one.id > :after;  -- @optional

-- name: locked_customers()
SELECT orders.id, customers.email
FROM shop.orders AS orders
LEFT JOIN shop.customers AS customers ON customers.id = orders.customer_id
FOR UPDATE OF customers;

-- name: divided()
SELECT CASE WHEN orders.id > 0 THEN 1 / 0 ELSE 1 END AS one FROM shop.orders AS orders;

-- name: shown()
SHOW search_path;
