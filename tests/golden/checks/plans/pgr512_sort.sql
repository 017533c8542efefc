-- name: orders_by_note(customer_id, limit)
SELECT o.id, o.note
FROM shop.orders AS o
WHERE o.customer_id = :customer_id
ORDER BY o.note NULLS FIRST, o.id DESC
LIMIT :limit;

-- name: last_visits(customer_id, limit)
-- @allow PGR507: visits have no key
SELECT v.page, v.at
FROM shop.visits AS v
WHERE v.customer_id = :customer_id
ORDER BY v.at DESC
LIMIT :limit;
