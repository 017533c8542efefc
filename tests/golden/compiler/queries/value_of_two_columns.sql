-- name: two_columns(id)$
SELECT email, full_name FROM shop.customers WHERE id = :id;
