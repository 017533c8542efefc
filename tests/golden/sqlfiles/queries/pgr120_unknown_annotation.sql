-- @row File

-- name: misspelt(a)
-- @params a: int
SELECT :a;

-- name: unknown()
-- @frobnicate
SELECT 1;

-- name: good()
-- @> is containment, user@example.org is an address.
SELECT 1;
