-- name: wrong_schema()
SELECT id FROM store.customers;

-- name: no_schema()
SELECT id FROM customers;

-- name: misspelt()
SELECT order_.id
FROM shop.customers AS customer
INNER JOIN shop.oders AS order_ ON order_.customer_id = customer.id;

-- name: nothing_like_it()
SELECT id FROM zzz;

-- name: to_write()!
DELETE FROM shop.customer WHERE true;

-- name: missing_from()
SELECT orders.id FROM shop.customers;
