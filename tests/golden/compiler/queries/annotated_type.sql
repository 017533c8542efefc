-- name: unknown_annotated_type()
-- @column email: Email
SELECT email FROM shop.customers;
