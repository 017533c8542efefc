-- Queries that may return one row only, though no plain key says so.

-- name: customer_by_email(email)^
SELECT id FROM shop.customers WHERE lower(email) = lower(:email);

-- name: order_by_number(customer_id, number)^
SELECT id FROM shop.orders WHERE customer_id = :customer_id AND number = :number;

-- name: current_price(product)$
SELECT price FROM shop.prices WHERE product = :product AND is_current;

-- name: booking_at(at)^
SELECT id FROM shop.bookings WHERE during @> :at::timestamptz;

-- name: currency()$
SELECT currency FROM shop.settings;

-- name: my_tenant()^
SELECT id, name FROM shop.tenants;

-- name: claim()<!
UPDATE shop.orders
SET status = 'paid'
WHERE id = (
    SELECT id FROM shop.orders WHERE status = 'open' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id;

-- name: claim_in()<!
UPDATE shop.orders
SET status = 'paid'
WHERE id IN (SELECT id FROM shop.orders WHERE status = 'open' ORDER BY id LIMIT 1)
RETURNING id;

-- name: last_order(customer_id)^
SELECT o.id
FROM shop.orders AS o
WHERE
    o.customer_id = :customer_id
    AND NOT EXISTS (
        SELECT 1 FROM shop.orders AS later
        WHERE later.customer_id = o.customer_id AND later.id > o.id
    );

-- name: last_order_by_join(customer_id)^
SELECT o.id
FROM shop.orders AS o
LEFT JOIN shop.orders AS later ON later.customer_id = o.customer_id AND later.id > o.id
WHERE o.customer_id = :customer_id AND later.id IS NULL;

-- name: orders_of_customer(customer_id)^
SELECT customer_id, count(*) AS orders
FROM shop.orders
WHERE customer_id = :customer_id
GROUP BY customer_id;

-- name: customer_status(order_id)^
SELECT DISTINCT c.id, c.name
FROM shop.orders AS o
INNER JOIN shop.customers AS c ON c.id = o.customer_id
INNER JOIN shop.lines AS l ON l.order_id = o.id
WHERE o.id = :order_id;

-- name: order_by_id_twice(order_id)^
SELECT id FROM shop.orders WHERE id IS NOT DISTINCT FROM :order_id;

-- name: moved(order_id)<!
WITH gone AS (DELETE FROM shop.orders WHERE id = :order_id RETURNING id, customer_id)
SELECT gone.id FROM gone;

-- name: either(order_id)^
SELECT id FROM shop.orders WHERE id = :order_id AND status = 'open'
UNION ALL
SELECT id FROM shop.orders WHERE id = :order_id AND status = 'paid';

-- name: first_customer(order_id)^
SELECT found.id
FROM (
    SELECT c.id, o.id AS order_id
    FROM shop.customers AS c
    INNER JOIN shop.orders AS o ON o.customer_id = c.id
) AS found
WHERE found.order_id = :order_id;

-- name: never_many()^
SELECT 1 AS one FROM (SELECT 1 AS one) AS always LEFT JOIN shop.orders ON false;

-- name: by_place(place)^
SELECT id FROM shop.orders WHERE ctid = :place::tid;
