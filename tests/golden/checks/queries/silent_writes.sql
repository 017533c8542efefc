-- Statements that do something, whatever they look like.

-- name: lock_order(order_id)!
SELECT id FROM shop.orders WHERE id = :order_id FOR UPDATE;

-- name: notify()!
SELECT pg_notify('orders', 'changed');

-- name: restart_all()!
UPDATE shop.orders SET status = 'open' WHERE true;

-- name: forget(order_id)!
WITH gone AS (DELETE FROM shop.lines WHERE order_id = :order_id RETURNING order_id)
DELETE FROM shop.orders WHERE id IN (SELECT gone.order_id FROM gone);

-- name: upsert_settings(currency)!
INSERT INTO shop.settings (currency) VALUES (:currency)
ON CONFLICT (id) DO UPDATE SET currency = excluded.currency;

-- name: change_note(order_id, note, status)!
UPDATE shop.orders
SET
    note = :note,
    status = :status  -- @optional
WHERE id = :order_id;
