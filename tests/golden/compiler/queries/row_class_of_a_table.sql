-- name: customer(customer_id)^
SELECT customer.id, customer.email, customer.full_name, customer.mood
FROM shop.customers AS customer
WHERE customer.id = :customer_id;

-- name: addresses()
-- @row Customer
SELECT customer.id, customer.email FROM shop.customers AS customer;
