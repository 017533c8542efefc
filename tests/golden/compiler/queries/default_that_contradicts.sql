-- name: customer_by_email(email)
-- @param email: str = 5
SELECT id FROM shop.customers WHERE email = :email;
