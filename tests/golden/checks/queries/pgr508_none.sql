-- name: by_status(status)
-- @param status = None
SELECT id FROM shop.orders WHERE status = :status ORDER BY id;

-- name: among(numbers, after)
-- @param numbers = None
-- @param after = None
SELECT o.id
FROM shop.orders AS o
JOIN shop.customers AS c ON c.id = o.customer_id AND c.name ILIKE '%' || :after || '%'
WHERE o.number = ANY(:numbers::integer[]) AND NOT o.note IS NULL
ORDER BY o.id;

-- name: busy(at_least)
-- @param at_least: int | None
SELECT customer_id, count(*) AS orders
FROM shop.orders
GROUP BY customer_id
HAVING count(*) >= :at_least;

-- name: renumber(number, customer_id)!
-- @param customer_id = None
UPDATE shop.orders SET number = :number WHERE NOT (customer_id <> :customer_id::integer);

-- name: placed(since, number)
-- @param since = None
SELECT id FROM shop.orders
WHERE
    placed_at >= :since
    AND number = :number  -- @optional
ORDER BY id;
