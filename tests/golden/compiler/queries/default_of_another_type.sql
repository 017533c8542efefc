-- name: customers_page(limit)
-- @param limit = 'ten'
SELECT id FROM shop.customers ORDER BY id LIMIT :limit;
