-- name: orders_by_customer()
-- @group_by
SELECT id, customer_id FROM shop.orders;

-- name: orders_by_customers()
-- @group_by customer_id;
SELECT id, customer_id FROM shop.orders;

-- name: orders_by_day()
-- @group_by day
-- @group_by month
SELECT id, day, month FROM shop.orders;

-- name: orders_by_id()
-- @key_by id
-- @group_by day
SELECT id, day FROM shop.orders;

-- name: orders_by_ids()
-- @key_by id, "id"
SELECT id FROM shop.orders;
