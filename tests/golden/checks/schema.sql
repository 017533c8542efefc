-- A shop: the schema that the queries in queries/ are checked against.

CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    name text,
    referred_by bigint REFERENCES shop.customers (id)
);

CREATE UNIQUE INDEX customers_email_key ON shop.customers (lower(email));

CREATE INDEX customers_referred_by_idx ON shop.customers (referred_by);

CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers (id),
    number integer NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'paid', 'sent')),
    note text,
    placed_at timestamptz NOT NULL,
    UNIQUE (customer_id, number)
);

CREATE INDEX orders_customer_id_placed_at_idx
    ON shop.orders (customer_id, placed_at DESC, id DESC);

CREATE TABLE shop.lines (
    order_id bigint NOT NULL REFERENCES shop.orders (id),
    position integer NOT NULL,
    product text NOT NULL,
    quantity integer NOT NULL,
    PRIMARY KEY (order_id, position)
);

-- One row at most.
CREATE TABLE shop.settings (
    id boolean DEFAULT true PRIMARY KEY CHECK (id),
    currency text NOT NULL
);

CREATE TABLE shop.prices (
    id bigint PRIMARY KEY,
    product text NOT NULL,
    price numeric NOT NULL,
    valid_from date NOT NULL,
    is_current boolean NOT NULL
);

CREATE UNIQUE INDEX prices_product_key ON shop.prices (product) WHERE is_current;

CREATE TABLE shop.bookings (
    id bigint PRIMARY KEY,
    during tstzrange NOT NULL,
    EXCLUDE USING gist (during WITH &&)
);

CREATE TABLE shop.visits (
    customer_id bigint NOT NULL REFERENCES shop.customers (id),
    page text NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX visits_customer_id_idx ON shop.visits (customer_id);

CREATE TABLE shop.tenants (
    id bigint PRIMARY KEY,
    name text NOT NULL
);

ALTER TABLE shop.tenants ENABLE ROW LEVEL SECURITY;
