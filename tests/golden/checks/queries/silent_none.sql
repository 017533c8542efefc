-- name: either(status)
-- @param status = None
SELECT id FROM shop.orders WHERE (:status::text IS NULL OR status = :status) ORDER BY id;

-- name: coalesced(status)
-- @param status = None
SELECT id FROM shop.orders WHERE status = COALESCE(:status, status) ORDER BY id;

-- name: same(note)
-- @param note = None
SELECT id FROM shop.orders WHERE note IS NOT DISTINCT FROM :note ORDER BY id;

-- name: left_out(status)
SELECT id
FROM shop.orders
WHERE
    number > 0
    AND status = :status  -- @optional
ORDER BY id;

-- name: on_purpose(status)
-- @param status = None
SELECT id FROM shop.orders WHERE :status::text IS NOT NULL AND status = :status ORDER BY id;

-- name: noted(note, order_id)!
-- @param note = None
UPDATE shop.orders SET note = :note WHERE id = :order_id;

-- name: with_names(name)
-- @param name = None
SELECT o.id, c.name
FROM shop.orders AS o
LEFT JOIN shop.customers AS c ON c.id = o.customer_id AND c.name = :name
ORDER BY o.id;

-- name: any_of(status, note)
-- @param status = None
SELECT id FROM shop.orders WHERE status = :status OR note = :note ORDER BY id;

-- name: marked(status)
-- @param status = None
SELECT id, status = :status AS is_it FROM shop.orders ORDER BY id;

-- name: counted(status)
-- @param status = None
SELECT
    c.id,
    (SELECT count(*) FROM shop.orders AS o WHERE o.customer_id = c.id AND o.status = :status)
        AS orders
FROM shop.customers AS c
ORDER BY c.id;

-- name: without(numbers)
-- @param numbers = None
SELECT id FROM shop.orders WHERE NOT EXISTS (
    SELECT 1 FROM shop.lines AS line
    WHERE line.order_id = orders.id AND line.position = :numbers
) ORDER BY id;

-- name: required(status)
SELECT id FROM shop.orders WHERE status = :status ORDER BY id;
