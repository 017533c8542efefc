CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint PRIMARY KEY);
CREATE VIEW shop.latest AS SELECT id, total FROM shop.orders;
