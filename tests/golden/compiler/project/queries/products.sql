-- What is on the shelves: "quotes", a \backslash and """three""".
-- A second line.

-- name: create_product(sku, kind, price, status, tags, attributes, origin)<!
-- Creates a product. Says "hello" and C:\new.
-- @param tags = None
-- @param attributes = None
-- @param status = 'draft'
-- @param origin = None
INSERT INTO shop.products (sku, class, price, status, tags, attributes, "from")
VALUES (:sku, :kind, :price, :status, COALESCE(:tags::text[], '{}'), :attributes, :origin)
RETURNING *;

-- name: product_by_id(product_id)^
-- Ends with a quote "so"
SELECT * FROM shop.products WHERE id = :product_id;

-- name: products_by_status(status, limit)
-- @param limit = 10
SELECT * FROM shop.products WHERE status = :status LIMIT :limit;

-- name: product_count()$
SELECT count(*) FROM shop.products;

-- name: best_color()$
SELECT color FROM shop.products ORDER BY price DESC LIMIT 1;

-- name: attributes_of(id)$
SELECT attributes FROM shop.products WHERE id = :id;

-- name: set_price(id, price)!
UPDATE shop.products SET price = :price WHERE id = :id;

-- name: add_products(sku, kind, price, status)*!
INSERT INTO shop.products (sku, class, price, status) VALUES (:sku, :kind, :price, :status);

-- name: product_page(status)
-- Products with their reviews.
SELECT
    product.id,
    product.class,
    product."from",
    product."Mixed Case",
    product.color,
    product.tags,
    product.status,
    COALESCE(
        json_agg(
            json_build_object('stars', review.stars, 'body', review.body, 'class', product.class)
            ORDER BY review.id
        ) FILTER (WHERE review.id IS NOT NULL),
        '[]'
    ) AS reviews,
    json_build_object(
        'n', count(review.id), 'best', max(review.stars), 'open_for', product.open_for,
        'status', product.status, 'color', product.color, 'tags', product.tags
    ) AS summary,
    to_jsonb(product) AS raw
FROM shop.products AS product
LEFT JOIN shop.reviews AS review ON review.product_id = product.id
WHERE product.status = :status
GROUP BY product.id;

-- name: classes()
SELECT class, available FROM shop.products;

-- name: search(type, words)
-- One field of the row class is named by hand, and so is a parameter's type.
-- @row Found
-- @column rank: float
-- @param words: str
SELECT id, sku, NULLIF(length(sku), 0) AS rank, ARRAY[made_on, NULL] AS "all"
FROM shop.products
WHERE class = :type OR sku = :words;
