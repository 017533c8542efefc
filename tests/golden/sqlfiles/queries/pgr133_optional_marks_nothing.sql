-- name: in_the_select_list(a)
SELECT
    :a::int + 1  -- @optional
FROM t;

-- name: whole_line(a)
SELECT b
FROM t WHERE t.a = :a;  -- @optional

-- name: in_from(a, b)
SELECT b
FROM t
LEFT JOIN u ON u.id = t.id AND u.a = :a  -- @optional
WHERE t.b = :b;

-- name: two_on_a_line(a, b)
SELECT b
FROM t
WHERE t.a = :a AND t.b = :b;  -- @optional

-- name: closing_more_than_it_opens(a)
SELECT b
FROM t
WHERE
    t.b IS NULL
    AND EXISTS (SELECT 1 FROM u
                WHERE u.id = t.id
                AND u.a = :a)  -- @optional
;

-- name: opening_more_than_it_closes(a, b)
SELECT b
FROM t
WHERE
    t.c = 1
    AND (t.a = :a  -- @optional
        OR t.b = :b)
;

-- name: alone(a)
SELECT b
FROM t
WHERE
    -- @optional
    t.a = :a;

-- name: inside_another(a, b)
SELECT b
FROM t
WHERE
    (
        t.a = :a  -- @optional
        OR t.b = :b
    )  -- @optional
;

-- name: an_inserted_value(a)!
INSERT INTO t (a)
VALUES (
    :a  -- @optional
);

-- name: in_bulk(a, b)*!
UPDATE t
SET
    a = :a  -- @optional
WHERE b = :b;

-- name: good(a, b)
SELECT b
FROM t
WHERE
    t.a = :a  -- @optional
    AND t.b
        BETWEEN :b
        AND 10;  -- @optional
