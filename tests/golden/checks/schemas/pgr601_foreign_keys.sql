CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id bigint PRIMARY KEY,
    region integer NOT NULL,
    UNIQUE (region, id)
);

-- A name that is written, one that PostgreSQL makes up, and a column that is added later.
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    payer_id bigint REFERENCES shop.customers (id),
    region integer NOT NULL,
    CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers (id),
    CONSTRAINT orders_region_fkey FOREIGN KEY (region, customer_id)
        REFERENCES shop.customers (region, id)
);

ALTER TABLE shop.orders ADD COLUMN "Agent" bigint REFERENCES shop.customers (id);

-- Neither serves a key: one has the column second, the other not all rows.
CREATE INDEX orders_id_customer_id_idx ON shop.orders (id, customer_id);

CREATE INDEX orders_payer_id_idx ON shop.orders (payer_id) WHERE region = 1;
