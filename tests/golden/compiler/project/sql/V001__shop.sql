CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'A shop with a "quoted" word, a \backslash and """three quotes""".';
CREATE TYPE shop.color AS ENUM ('red', 'it''s "blue"', 'a\b');
CREATE DOMAIN shop.sku AS text CHECK (VALUE <> '');
CREATE TABLE shop.products (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sku shop.sku NOT NULL,
    "class" text NOT NULL,
    "from" int,
    "Mixed Case" text,
    color shop.color,
    tags text[] NOT NULL DEFAULT '{}',
    price numeric(10, 2) NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'live')),
    attributes jsonb,
    made_on date,
    open_for interval,
    at timestamptz NOT NULL DEFAULT now(),
    payload bytea,
    address inet,
    available int4range
);
COMMENT ON TABLE shop.products IS 'What is sold. A "class" of its own.
Second line with \n in it.';
COMMENT ON COLUMN shop.products.price IS 'In euro; ends with a quote"';
CREATE TABLE shop.reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES shop.products (id),
    stars smallint NOT NULL,
    body text
);
