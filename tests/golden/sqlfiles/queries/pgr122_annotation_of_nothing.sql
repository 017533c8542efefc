-- name: no_such_parameter(limit)
-- @param limt = 10
-- @param other: int
SELECT :limit;

-- name: outside(a)
-- Doc.

-- @param a = 10
SELECT :a -- @row Session
;

-- name: good(a)
-- Doc.
--
-- @param a = 10
SELECT :a;
