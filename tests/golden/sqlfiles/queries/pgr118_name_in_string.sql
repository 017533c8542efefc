/*
-- name: commented_out()
SELECT 1;
*/

-- name: text()
SELECT 'see -- name: other()';

-- name: comment() 
SELECT 1 -- name: other()
;

-- name: doc()
-- As in -- name: other().
SELECT 1;

-- name: dollar()
SELECT $$
-- name: other()
$$;

-- name: lines()
SELECT '
-- name: other()
';

-- name: good()
SELECT 1;
