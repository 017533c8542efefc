-- name: first_line(id)^
SELECT idd, email FROM shop.customers WHERE id = :id;

-- name: good(id)^
SELECT email FROM shop.customers WHERE id = :id;

-- name: with_suggestion(id)^
SELECT
    id,
    full_nme,
    email
FROM shop.customers
WHERE id = :id;

-- name: qualified()
SELECT customer.emial FROM shop.customers AS customer;

-- name: quoted()
SELECT "Full Name" FROM shop.customers;

-- name: to_insert(id, emial)!
INSERT INTO shop.customers (id, emial) VALUES (:id, :emial);

-- name: to_set(id, name)!
UPDATE shop.customers
SET fullname = :name
WHERE id = :id;

-- name: nothing_like_it()
SELECT zzzzzz FROM shop.customers;
