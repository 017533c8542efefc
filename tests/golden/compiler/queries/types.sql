-- name: unknown_type()
SELECT id::uid FROM shop.customers;

-- name: type_of_another_schema()
SELECT 'sad'::mood AS mood;

-- name: unknown_function()
SELECT lowr(email) FROM shop.customers;

-- name: unknown_operator()
SELECT id + email FROM shop.customers;

-- name: mismatch()
SELECT id FROM shop.customers WHERE id = 5;

-- name: not_boolean()
SELECT id FROM shop.customers WHERE email;

-- name: union_mismatch()
SELECT id FROM shop.customers UNION SELECT total FROM shop.orders;

-- name: bad_value()
SELECT id FROM shop.customers WHERE mood = 'happy';
