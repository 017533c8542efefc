-- name: all_notes()
-- @column id not null
-- @column note: str not null
SELECT id, note FROM shop.orders;

-- name: all_customers()
-- @column id: int not null
-- @column name not null
SELECT id, name FROM shop.customers;
