-- name: without_type()
SELECT
    id,
    place
FROM shop.orders;

-- name: parameter_without_type(spot)
SELECT id FROM shop.orders WHERE place ~= :spot;
