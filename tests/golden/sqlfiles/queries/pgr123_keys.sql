-- name: order_by_id(id)^
-- @key_by id
SELECT id FROM shop.orders WHERE id = :id;

-- name: remove_orders(ids)!
-- @group_by customer_id
DELETE FROM shop.orders WHERE id = ANY(:ids) RETURNING id, customer_id;
