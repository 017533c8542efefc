-- name: not_declared(user_id)
SELECT :usr_id, :user_id;

-- name: not_declared_at_all()
SELECT :user_id;

-- name: not_used(a, b)
SELECT :a;

-- name: twice(a, a)
SELECT :a;

-- name: keyword(class)
SELECT :class;

-- name: keyword_without_list<!
INSERT INTO m.t (c) VALUES (:from) RETURNING id;

-- name: takes_self(self)
SELECT :self;

-- name: positional(a)
SELECT :a, $1;

-- name: slice_or_parameter(a)
SELECT m.list[:upper], :a FROM m;

-- name: good(a)
SELECT :a;
