-- name: ambiguous()
SELECT id
FROM shop.customers
INNER JOIN shop.orders ON orders.customer_id = customers.id;

-- name: indeterminate(kind)
SELECT :kind IS NULL AS nothing FROM shop.customers;

-- name: two_types(value)
SELECT id FROM shop.customers WHERE id = :value OR email = :value;

-- name: not_grouped()
SELECT email, count(*) AS n FROM shop.customers GROUP BY mood;

-- name: aggregate_in_where()
SELECT id FROM shop.customers WHERE count(*) > 1;
