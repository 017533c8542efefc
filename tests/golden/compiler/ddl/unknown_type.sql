-- A comment with ünïcödé.
CREATE SCHEMA shop;

CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id uid NOT NULL
);
