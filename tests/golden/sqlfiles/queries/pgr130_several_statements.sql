-- name: two()
SELECT 1;
-- and
SELECT 2;

-- name: good()
SELECT 1;;
