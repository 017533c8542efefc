-- A child may lack its parent's NOT NULL.
CREATE TABLE strict_base (id int NOT NULL, n int NOT NULL);
CREATE TABLE lax_child () INHERITS (strict_base);
ALTER TABLE lax_child ALTER COLUMN n DROP NOT NULL;
INSERT INTO lax_child VALUES (1, NULL);
