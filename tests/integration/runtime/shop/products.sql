-- Products of the shop that the runtime's tests run.

-- name: create_product(sku, price, attributes, tags, status)<!
INSERT INTO shop.products (sku, price, attributes, tags, status)
VALUES (:sku, :price, :attributes, :tags, :status)
RETURNING id, sku, price, stock, attributes, tags, status, created_at;

-- name: product_by_sku(sku)^
SELECT id, sku, price, stock, attributes, tags, status, created_at
FROM shop.products
WHERE sku = :sku;

-- name: products_like(pattern)
-- The literal % below needs no escaping.
SELECT id, sku, price, stock, attributes, tags, status, created_at
FROM shop.products
WHERE sku LIKE :pattern || '%'
ORDER BY sku;

-- name: any_product()^
-- Returns all of them, against what its operator promises.
SELECT id, sku, price, stock, attributes, tags, status, created_at
FROM shop.products;

-- name: count_products()$
SELECT count(*) FROM shop.products;

-- name: stock_of(sku)$
SELECT stock FROM shop.products WHERE sku = :sku;

-- name: all_skus()
SELECT sku FROM shop.products ORDER BY sku;

-- name: change_stock(sku, difference)!
UPDATE shop.products SET stock = stock + :difference WHERE sku = :sku;

-- name: add_products(sku, price, stock)*!
INSERT INTO shop.products (sku, price, stock) VALUES (:sku, :price, :stock);

-- name: upsert_products(sku, price, stock)*!
INSERT INTO shop.products (sku, price, stock) VALUES (:sku, :price, :stock)
ON CONFLICT (sku) DO UPDATE SET stock = excluded.stock;

-- name: add_statuses(sku, price, status)*!
INSERT INTO shop.products (sku, price, status) VALUES (:sku, :price, :status);

-- name: remove_products(sku)*!
DELETE FROM shop.products WHERE sku = :sku;
