-- name: merry()
SELECT 'merry'::shop.mood AS mood;

-- name: compared(id)
SELECT o.id FROM shop.orders AS o WHERE o.id = :id AND shop.mood 'glad' > 'sad';
