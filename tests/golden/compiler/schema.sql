-- What the broken queries beside this file are compiled against.
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok');
CREATE TABLE shop.customers (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    full_name text,
    mood shop.mood NOT NULL
);
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES shop.customers (id),
    placed_at timestamptz NOT NULL,
    total numeric NOT NULL,
    place point
);
