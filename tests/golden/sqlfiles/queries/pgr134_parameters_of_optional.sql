-- name: no_parameter(a)
SELECT b
FROM t
WHERE
    t.a = :a
    AND t.b IS NULL;  -- @optional

-- name: used_elsewhere_too(a)
SELECT :a::int AS a
FROM t
WHERE t.a = :a;  -- @optional

-- name: with_a_default(a)
-- @param a = 10
SELECT b
FROM t
WHERE t.a = :a;  -- @optional
