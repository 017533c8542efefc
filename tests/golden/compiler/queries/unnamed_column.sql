-- name: unnamed()
SELECT 1 + 1, id FROM shop.customers;
