CREATE SCHEMA shop;

CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    number integer NOT NULL,
    status text NOT NULL,
    tags text[] NOT NULL,
    placed_at timestamptz NOT NULL,
    CONSTRAINT orders_number_key UNIQUE (number)
);

CREATE INDEX orders_number_idx ON shop.orders (number);

CREATE INDEX orders_status_idx ON shop.orders (status);

CREATE INDEX orders_status_placed_at_idx ON shop.orders (status, placed_at DESC, id DESC);

CREATE INDEX orders_placed_at_idx ON shop.orders (placed_at);

CREATE INDEX orders_placed_at_desc_idx ON shop.orders (placed_at DESC NULLS FIRST, id);

CREATE INDEX orders_tags_idx ON shop.orders USING gin (tags);

CREATE INDEX orders_tags_again_idx ON shop.orders USING gin (tags);

CREATE INDEX orders_lower_idx ON shop.orders (lower(status)) WHERE number > 5;

CREATE INDEX orders_lower_id_idx ON shop.orders (lower(status), id) WHERE number > 5;

ALTER TABLE shop.orders ADD CONSTRAINT orders_id_key UNIQUE (id);
