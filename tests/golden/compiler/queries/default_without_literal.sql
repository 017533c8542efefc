-- name: customer_by_id(id)
-- @param id = '6f1d5c5e-0000-4000-8000-000000000000'
SELECT id FROM shop.customers WHERE id = :id;
