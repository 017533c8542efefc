-- name: no_rows(id)^
DELETE FROM shop.customers WHERE id = :id;
