-- name: first_word()
SELCT id FROM shop.customers;

-- name: middle()
SELECT
    id,
    email,,
    full_name
FROM shop.customers;

-- name: at_the_end()
SELECT id
FROM shop.customers
WHERE

-- name: end_in_parenthesis()
SELECT count(id FROM shop.customers;

-- name: after_wide_characters()
SELECT 'äöü 日本語 🎉' AS greeting, id FRM shop.customers;

-- name: after_comments()
-- Says what it does.
SELECT
    id, -- the key, aiosql strips this: no trap
    /* and this
       stays */ email
    -- a whole line that goes
FORM shop.customers;

-- name: after_parameters(first, second)
SELECT :first::int AS a, :second::int AS b, :first::int AS c FRM shop.customers;

-- name: in_a_list(ids)
SELECT id FROM shop.customers WHERE id IN :ids;

-- name: not_in_a_list(full_name, ids)
SELECT id
FROM shop.customers
WHERE
    full_name = :full_name  -- @optional
    AND id NOT IN :ids;
