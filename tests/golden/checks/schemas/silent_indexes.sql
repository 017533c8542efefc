-- Indexes that look superfluous, and foreign keys that look bare, and are not.

CREATE SCHEMA shop;

CREATE TABLE shop.regions (
    id integer PRIMARY KEY,
    code text NOT NULL,
    twin integer UNIQUE REFERENCES shop.regions (id)
);

CREATE TABLE shop.orders (
    id bigint NOT NULL,
    region_id integer REFERENCES shop.regions (id),
    other_id integer REFERENCES shop.regions (id),
    number integer NOT NULL,
    status text NOT NULL,
    note text COLLATE "C" NOT NULL,
    placed_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_number_key UNIQUE (number),
    CONSTRAINT orders_number_later_key UNIQUE (number) DEFERRABLE
);

-- Rows that refer to something have no NULL, and a hash finds them too.
CREATE INDEX orders_region_id_idx ON shop.orders (region_id) WHERE region_id IS NOT NULL;

CREATE INDEX orders_other_id_idx ON shop.orders USING hash (other_id);

-- Another order, collation, operator class, predicate or method; or it has what the other lacks.
CREATE INDEX orders_status_idx ON shop.orders (status) INCLUDE (note);

CREATE INDEX orders_status_number_idx ON shop.orders (status, number);

CREATE INDEX orders_pattern_idx ON shop.orders (status text_pattern_ops);

CREATE INDEX orders_placed_at_idx ON shop.orders (placed_at DESC, id);

CREATE INDEX orders_placed_at_id_idx ON shop.orders (placed_at, id, number);

CREATE INDEX orders_collated_idx ON shop.orders (status COLLATE "C");

CREATE INDEX orders_open_idx ON shop.orders (status) WHERE status = 'open';

CREATE INDEX orders_block_idx ON shop.orders USING brin (status);

CREATE UNIQUE INDEX orders_note_key ON shop.orders (note);

CREATE INDEX orders_note_number_idx ON shop.orders (note, number);

-- A partition's foreign key and indexes are its parent's.
CREATE TABLE shop.events (
    at date NOT NULL,
    region_id integer NOT NULL REFERENCES shop.regions (id)
) PARTITION BY RANGE (at);

CREATE TABLE shop.events_2026 PARTITION OF shop.events
FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE INDEX events_region_id_idx ON shop.events (region_id);
