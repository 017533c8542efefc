-- What the runtime's tests work on: one table of each kind of trouble.

CREATE SCHEMA shop;

CREATE TYPE shop.status AS ENUM ('draft', 'live', 'gone');

CREATE TABLE shop.products (
    id uuid CONSTRAINT products_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
    sku text NOT NULL CONSTRAINT products_sku_key UNIQUE,
    price numeric(10, 2) NOT NULL CONSTRAINT products_price_check CHECK (price >= 0),
    stock integer NOT NULL DEFAULT 0,
    attributes jsonb NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    status shop.status NOT NULL DEFAULT 'draft',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT orders_pkey PRIMARY KEY,
    product_id uuid NOT NULL,
    quantity smallint NOT NULL,
    CONSTRAINT orders_product_id_fkey
    FOREIGN KEY (product_id) REFERENCES shop.products (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE FUNCTION shop.refuse(reason text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'refused because of %', reason;
END
$$;
