-- name: customers_of_mood(mood)
-- @param mood = 'furious'
SELECT id FROM shop.customers WHERE mood = :mood;
