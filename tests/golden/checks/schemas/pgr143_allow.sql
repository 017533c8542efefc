-- pgrepo: allow PGR601 orders_customer_id_fkey: a customer is never deleted
-- pgrepo: allow PGR601 orders_payer_id_fkey: a payer has an index
-- pgrepo: allow PGR601 orders_customer_id_fkey
-- pgrepo: allow PGR601: all of them
-- pgrepo: allow PGR501 orders: not about the schema
CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id bigint PRIMARY KEY
);

CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers (id),
    payer_id bigint NOT NULL REFERENCES shop.customers (id)
);

CREATE INDEX orders_payer_id_idx ON shop.orders (payer_id);
