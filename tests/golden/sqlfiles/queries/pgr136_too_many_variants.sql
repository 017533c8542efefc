-- name: search(p0, p1, p2, p3, p4, p5, p6, p7, p8, p9)
-- @order_by up: id
-- @order_by down: id DESC
SELECT id
FROM t
WHERE
    t.b IS NULL
    AND t.p0 = :p0  -- @optional
    AND t.p1 = :p1  -- @optional
    AND t.p2 = :p2  -- @optional
    AND t.p3 = :p3  -- @optional
    AND t.p4 = :p4  -- @optional
    AND t.p5 = :p5  -- @optional
    AND t.p6 = :p6  -- @optional
    AND t.p7 = :p7  -- @optional
    AND t.p8 = :p8  -- @optional
    AND t.p9 = :p9  -- @optional
ORDER BY id;
