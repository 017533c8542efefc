-- What the table-driven cases and the generated ones query. It is built once in public, where
-- statements are analysed, and once in a schema for every state of the data.

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (one int, two text);
CREATE DOMAIN tag AS text NOT NULL;
CREATE DOMAIN nick AS text CHECK (VALUE <> '');

CREATE TABLE a (
    id int PRIMARY KEY,
    n int NOT NULL,
    x int,
    t text NOT NULL,
    s text
);
CREATE TABLE b (
    id int PRIMARY KEY,
    a_id int REFERENCES a (id),
    n int NOT NULL,
    x int
);
CREATE TABLE c (
    id int PRIMARY KEY,
    b_id int NOT NULL,
    n int NOT NULL,
    x int,
    UNIQUE (b_id, n)
);

-- NOT NULL throughout: what can be NULL of it comes of an operator or a function.
CREATE TABLE special (
    id int PRIMARY KEY,
    f float8 NOT NULL,
    num numeric NOT NULL,
    ts timestamp NOT NULL,
    tz timestamptz NOT NULL,
    d date NOT NULL,
    iv interval NOT NULL,
    tm time NOT NULL,
    r int4range NOT NULL,
    arr int[] NOT NULL,
    txt text NOT NULL,
    j json NOT NULL,
    jb jsonb NOT NULL,
    mood mood NOT NULL,
    by bytea NOT NULL,
    ip inet NOT NULL,
    yes boolean NOT NULL,
    u uuid NOT NULL,
    p pair NOT NULL,
    pt point NOT NULL
);

CREATE TABLE keyed (
    id int PRIMARY KEY,
    code varchar UNIQUE,
    part int,
    late int UNIQUE DEFERRABLE,
    low text NOT NULL
);
CREATE UNIQUE INDEX ON keyed (part) WHERE part > 0;
CREATE UNIQUE INDEX ON keyed (lower(low));

CREATE TABLE tagged (id int PRIMARY KEY, g tag, h nick NOT NULL, k nick);
CREATE TABLE generated (
    id int PRIMARY KEY,
    n int NOT NULL,
    x int,
    twice int GENERATED ALWAYS AS (n * 2) STORED,
    more int NOT NULL GENERATED ALWAYS AS (n + 1) STORED,
    from_x int GENERATED ALWAYS AS (x + 1) STORED
);
CREATE TABLE shortened (gone int, id int NOT NULL, n int NOT NULL, x int);
ALTER TABLE shortened DROP COLUMN gone;

CREATE TABLE base (id int PRIMARY KEY, n int NOT NULL, x int);
CREATE TABLE derived (more int NOT NULL) INHERITS (base);
CREATE TABLE turned (more int NOT NULL, x int, n int NOT NULL, id int NOT NULL);
ALTER TABLE turned INHERIT base;

CREATE TABLE split (id int NOT NULL, n int NOT NULL, x int, PRIMARY KEY (id))
PARTITION BY RANGE (id);
CREATE TABLE split_low PARTITION OF split FOR VALUES FROM (MINVALUE) TO (2);
CREATE TABLE split_high PARTITION OF split FOR VALUES FROM (2) TO (MAXVALUE);

-- Foreign keys from NOT NULL columns: the first two always find their row.
CREATE TABLE hidden (id int PRIMARY KEY, n int NOT NULL);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
CREATE TABLE pairs (p int NOT NULL, q int NOT NULL, r int NOT NULL, PRIMARY KEY (p, q));
CREATE TABLE pointing (
    id int PRIMARY KEY,
    a_id int NOT NULL REFERENCES a (id),
    split_id int NOT NULL REFERENCES split (id),
    late_id int NOT NULL REFERENCES a (id) DEFERRABLE,
    hidden_id int NOT NULL REFERENCES hidden (id),
    p int NOT NULL,
    q int NOT NULL,
    FOREIGN KEY (p, q) REFERENCES pairs (p, q)
);
CREATE TABLE unchecked (id int PRIMARY KEY, a_id int NOT NULL);
INSERT INTO unchecked VALUES (1, 99);
ALTER TABLE unchecked ADD FOREIGN KEY (a_id) REFERENCES a (id) NOT VALID;

-- Triggers that may make a row vanish, and one that cannot.
CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.x = 1;
    RETURN NEW;
END
$$;
CREATE TABLE refusing (id int PRIMARY KEY, n int NOT NULL, x int);
CREATE TRIGGER refuse BEFORE INSERT ON refusing FOR EACH ROW EXECUTE FUNCTION drop_row();
CREATE TABLE frozen (id int PRIMARY KEY, n int NOT NULL, x int);
CREATE TRIGGER keep BEFORE UPDATE ON frozen FOR EACH ROW EXECUTE FUNCTION drop_row();
CREATE TABLE touched (id int PRIMARY KEY, n int NOT NULL, x int);
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON touched
    FOR EACH ROW EXECUTE FUNCTION touch();

CREATE FUNCTION erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.x = NULL;
    RETURN NEW;
END
$$;
CREATE TABLE erasing (id int PRIMARY KEY, n int NOT NULL, x int);
INSERT INTO erasing VALUES (1, 1, 1);
CREATE TRIGGER erase BEFORE INSERT OR UPDATE ON erasing
    FOR EACH ROW EXECUTE FUNCTION erase();

CREATE FUNCTION own_null(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT NULL::int';
CREATE FUNCTION own_equal(int, int) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS
    'SELECT NULL::boolean';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = own_equal);

CREATE VIEW plain_view AS SELECT id, n, x FROM a;
CREATE VIEW joined_view AS
    SELECT a.id, a.n, b.id AS b_id, b.n AS b_n FROM a LEFT JOIN b ON b.a_id = a.id;
CREATE VIEW filtered_view AS SELECT id, x FROM a WHERE x IS NOT NULL;
CREATE MATERIALIZED VIEW stored_view AS SELECT id, n, x FROM a WITH NO DATA;
REFRESH MATERIALIZED VIEW stored_view;
