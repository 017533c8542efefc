-- name: customer_by_email(email)
-- @param email: one.Email | other.Email
SELECT id FROM shop.customers WHERE email = :email;
