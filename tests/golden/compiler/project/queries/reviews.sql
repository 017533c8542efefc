-- name: add_review(product_id, stars, body)<!
-- @row Review
INSERT INTO shop.reviews (product_id, stars, body) VALUES (:product_id, :stars, :body)
RETURNING id, product_id, stars, body;

-- name: reviews_of(product_id)
SELECT id, product_id, stars, body FROM shop.reviews WHERE product_id = :product_id;

-- name: save_reviews(product_id, stars, body)*!
INSERT INTO shop.reviews (product_id, stars, body) VALUES (:product_id, :stars, :body)
ON CONFLICT DO NOTHING;

-- name: typed(kind)
-- Returns what annotations make of it.
-- @column body: dict[str, list[decimal.Decimal]]
-- @column stars not null
-- @param kind: str
-- @primary
SELECT NULLIF(stars, 0) AS stars, body::jsonb AS body FROM shop.reviews WHERE body = :kind;
