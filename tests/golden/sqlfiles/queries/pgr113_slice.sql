-- name: names(lo)
SELECT m.list[lo:hi], :lo FROM m;

-- name: numbers()
SELECT m.list[1:2] FROM m;

-- name: parameter_and_number(a)
SELECT m.list[:a:2] FROM m;

-- name: calls()
SELECT m.list[f(1):g(2)][3 :x] FROM m;

-- name: good(a, b)
SELECT m.list[lo : hi], ARRAY[:a, CASE WHEN :b THEN 1 END], m.list[:a : :b] FROM m;
