-- name: orders_by_place()
-- @group_by place
SELECT id, customer_id, ARRAY[id] AS place FROM shop.orders;

-- name: orders_by_customer()
-- @group_by costumer_id
SELECT id, customer_id FROM shop.orders;

-- name: customers_by_name()
-- @key_by id, full_name
SELECT id, full_name FROM shop.customers;

-- name: order_of_customer()
-- @key_by customer_id
SELECT customer_id, id FROM shop.orders;

-- name: order_by_customer()
-- @key_by customer_id
SELECT DISTINCT ON (customer_id) customer_id, id
FROM shop.orders
ORDER BY customer_id, placed_at;

-- name: customers_by_id(mood)
-- @key_by id
SELECT orders.customer_id AS id
FROM shop.orders
WHERE orders.id = :mood  -- @optional
;
