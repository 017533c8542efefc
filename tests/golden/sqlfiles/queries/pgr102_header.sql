SELECT 0;

-- name:
SELECT 1;

-- name: 1st()
SELECT 1;

-- name: import()
SELECT 1;

-- name: größe()
SELECT 1;

-- name: wrong_operator()@
SELECT 1;

-- name: open_list(a,
--             b)
SELECT :a, :b;

-- name: bad_list(a, b c)
SELECT :a, :b;

-- name: missing(a, , b)
SELECT :a, :b;

-- name: before_upper_case()
SELECT 1;

-- Name: upper_case()
SELECT 2;

-- name: good()
SELECT 1;
