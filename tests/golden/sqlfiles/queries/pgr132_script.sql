-- name: create_tables()#
CREATE TABLE t ();

-- name: good()
SELECT 1;
