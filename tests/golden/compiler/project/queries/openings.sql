-- name: list()
-- Returns the days on which the shop opens; the columns and the query are called like types.
SELECT date, int, previous, list FROM shop.openings ORDER BY date;

-- name: opening_counts(kind)
-- Counts by a parameter with a type of its own.
-- @param kind: Literal['day', 'week']
SELECT opening.list, count(*)::int AS int
FROM shop.openings AS opening
WHERE opening.list[1] = :kind
GROUP BY opening.list
ORDER BY opening.list;
