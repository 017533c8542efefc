CREATE SCHEMA shop;

CREATE TABLE shop.orders (id bigint PRIMARY KEY);

-- The same name again; a semicolon; in a comment.
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY
);

CREATE FUNCTION shop.nothing() RETURNS integer LANGUAGE sql
BEGIN ATOMIC
    SELECT 1;
    SELECT 2;
END;
