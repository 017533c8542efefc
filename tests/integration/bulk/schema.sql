-- What bulk calls write to: types of every kind, expressions, and rows that not all may see.

CREATE SCHEMA depot;

CREATE TYPE depot.state AS ENUM ('new', 'used', 'lost');

CREATE DOMAIN depot.code AS text CONSTRAINT code_check CHECK (VALUE <> '');

CREATE TABLE depot.items (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    code depot.code NOT NULL,
    name varchar(20) NOT NULL,
    price numeric(10, 2) NOT NULL,
    state depot.state NOT NULL,
    tags text[] NOT NULL,
    attributes jsonb,
    mark character(3),
    note text DEFAULT 'none',
    seen_at timestamptz NOT NULL,
    writes integer DEFAULT 1 NOT NULL,
    CONSTRAINT items_pkey PRIMARY KEY (id),
    CONSTRAINT items_code_key UNIQUE (code),
    CONSTRAINT items_price_check CHECK (price >= 0)
);

CREATE TABLE depot.secrets (
    owner text NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    CONSTRAINT secrets_pkey PRIMARY KEY (owner, name)
);

ALTER TABLE depot.secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE depot.secrets FORCE ROW LEVEL SECURITY;

CREATE POLICY secrets_owner ON depot.secrets
    USING (owner = current_setting('depot.owner', true))
    WITH CHECK (owner = current_setting('depot.owner', true));
