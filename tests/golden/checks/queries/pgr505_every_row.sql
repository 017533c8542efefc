-- name: reset()!
UPDATE shop.orders SET status = 'open';

-- name: clear()!
DELETE FROM shop.lines AS line;

-- name: clear_both()!
WITH gone AS (
    DELETE FROM shop.lines RETURNING order_id
)
DELETE FROM shop.orders WHERE id IN (SELECT gone.order_id FROM gone);

-- name: take_over()!
UPDATE shop.orders AS o SET note = c.name FROM shop.customers AS c;

-- name: set_status(status, customer_id, number)!
UPDATE shop.orders
SET status = :status
WHERE
    customer_id = :customer_id  -- @optional
    AND number = :number;  -- @optional
