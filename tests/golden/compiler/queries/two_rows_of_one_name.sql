-- name: short()
-- @row Customer
SELECT id, email FROM shop.customers;

-- name: long()
-- @row Customer
SELECT id, email, full_name FROM shop.customers;
