-- name: with_tabs()
SELECT
	id,
	'a	b' AS t,	emial
FROM	shop.customers;

-- name: deep()
SELECT id
FROM shop.customers
	WHERE		full_nam = 'x';
