-- name: type_of_nothing(first, second)
SELECT id FROM shop.customers WHERE email = :first AND :second IS NULL;

-- name: two_types(value)
SELECT id FROM shop.customers WHERE id = :value AND email = :value;

-- name: type_of_a_variant(email, value)
SELECT id FROM shop.customers
WHERE email = :email  -- @optional
    AND :value IS NOT NULL;
