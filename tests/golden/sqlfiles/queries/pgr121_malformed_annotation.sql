-- name: rows()
-- @row
-- @row Two Words
-- @row class
-- @row Session
-- @row Other
SELECT 1;

-- name: columns()
-- @column
-- @column id
-- @column id: 
-- @column id: list[
-- @column id: 5
-- @column id: int
-- @column id not null
SELECT 1 AS id;

-- name: parameters(a)
-- @param a
-- @param a =
-- @param a = now()
-- @param a: int = 10 and more
-- @param a: f(x)
-- @param a: int
-- @param a = 1
SELECT :a;
