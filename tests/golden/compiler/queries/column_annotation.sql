-- name: annotated()
-- @column emial: str
-- @column full_name not null
SELECT email, full_name FROM shop.customers;
