-- name: in_the_comment(a)
-- Returns something.
-- @optional
SELECT :a;

-- name: good(a)
-- Conditions that are @optional are left out.
SELECT :a;
