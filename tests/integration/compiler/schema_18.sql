-- A child may lack its parent's NOT NULL.
CREATE TABLE strict_base (id int NOT NULL, n int CONSTRAINT n_is_there NOT NULL NO INHERIT);
CREATE TABLE lax_child () INHERITS (strict_base);
INSERT INTO lax_child VALUES (1, NULL);

-- Rows that were there before the constraint may hold NULL.
CREATE TABLE unproved (id int NOT NULL, x int);
INSERT INTO unproved VALUES (1, NULL);
ALTER TABLE unproved ADD CONSTRAINT x_is_there NOT NULL x NOT VALID;

CREATE TABLE virtual (
    id int PRIMARY KEY,
    n int NOT NULL,
    x int,
    more int NOT NULL GENERATED ALWAYS AS (n + 1) VIRTUAL,
    from_x int GENERATED ALWAYS AS (x + 1) VIRTUAL
);
