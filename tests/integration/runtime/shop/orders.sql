-- Orders, and calls that fail.

-- name: create_order(product_id, quantity)$
INSERT INTO shop.orders (product_id, quantity) VALUES (:product_id, :quantity) RETURNING id;

-- name: numbers(count)
SELECT number FROM generate_series(1, :count) AS number ORDER BY number;

-- name: inverses(count)
SELECT 1 / (:count - number) AS number FROM generate_series(0, :count) AS number;

-- name: to_uuid(word)$
SELECT :word::text::uuid;

-- name: to_table(word)$
SELECT :word::text::regclass::oid;

-- name: refuse(reason)!
SELECT shop.refuse(:reason);

-- name: sleep(seconds)!
SELECT pg_sleep(:seconds);

-- name: current_settings()^
SELECT
    current_setting('transaction_isolation') AS isolation,
    current_setting('transaction_read_only') AS read_only,
    current_setting('transaction_deferrable') AS deferrable;

-- name: kill(pid)$
SELECT pg_terminate_backend(:pid);

-- name: backend()$
SELECT pg_backend_pid();
