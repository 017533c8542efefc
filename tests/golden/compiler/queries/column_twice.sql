-- name: twice()
SELECT customer.id, placed.id
FROM shop.customers AS customer
INNER JOIN shop.orders AS placed ON placed.customer_id = customer.id;
