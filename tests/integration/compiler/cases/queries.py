"""Sub-queries, WITH, VALUES and set operations."""

from __future__ import annotations

from .case import MANY, MAYBE, ONE, Case, write

CASES = [
    # Scalar sub-queries are NULL where no row comes
    Case("SELECT (SELECT n FROM b WHERE b.a_id = a.id LIMIT 1) FROM a", "?"),
    Case("SELECT (SELECT count(*) FROM b WHERE b.a_id = a.id) FROM a", "!"),
    Case("SELECT (SELECT max(n) FROM b WHERE b.a_id = a.id) FROM a", "?"),
    Case("SELECT (SELECT COALESCE(max(n), 0) FROM b WHERE b.a_id = a.id) FROM a", "!"),
    Case("SELECT (SELECT count(*) FROM b HAVING count(*) > 9) FROM a", "?"),
    Case("SELECT (SELECT a.n), (SELECT a.x), (SELECT a.n WHERE a.n > 1) FROM a", "!??"),
    Case("SELECT (SELECT a.x) FROM a WHERE a.x > 0", "!"),
    Case(
        "SELECT (SELECT 1 LIMIT 0), (SELECT 1 OFFSET 1), (VALUES (1)), (SELECT 1 UNION SELECT 1)",
        "??!!",
        ONE,
    ),
    Case("SELECT (SELECT 1 EXCEPT SELECT 1), (SELECT 1 INTERSECT SELECT 2)", "??", ONE),
    Case(
        "SELECT (SELECT generate_series(1, 0)), (SELECT g FROM generate_series(1, 0) AS g)",
        "??",
        ONE,
    ),
    Case("SELECT (SELECT 1 FROM (VALUES (1), (2)) AS v (k) LIMIT 1)", "!", ONE),
    Case("SELECT (SELECT sum(a.n)) FROM a", "?", ONE),
    Case("SELECT (SELECT sum(a.n)) FROM a GROUP BY a.n", "!"),
    Case("SELECT (SELECT b.n FROM b FOR UPDATE LIMIT 1)", "?", ONE, reads=False),
    Case("SELECT (WITH w AS (SELECT a.n) SELECT n FROM w) FROM a", "!"),
    # EXISTS, IN, ANY, ALL, ARRAY
    Case(
        "SELECT EXISTS (SELECT FROM b), ARRAY(SELECT x FROM b), NOT EXISTS (SELECT FROM b)",
        "!!!",
        ONE,
    ),
    Case(
        "SELECT n IN (SELECT n FROM b), x IN (SELECT n FROM b), n IN (SELECT x FROM b) FROM a",
        "!??",
    ),
    Case(
        "SELECT n NOT IN (SELECT n FROM b), n > ALL (SELECT n FROM b), n > ANY (SELECT x FROM b) "
        "FROM a",
        "!!?",
    ),
    Case(
        "SELECT (n, t) IN (SELECT n, 'x' FROM b), (n, x) = (SELECT n, x FROM b LIMIT 1) FROM a",
        "??",
    ),
    Case("SELECT t IN (SELECT 'x') FROM a", "!"),
    Case("SELECT n IN (SELECT n FROM b WHERE x = 1) FROM a", "!"),
    Case("SELECT n IN (SELECT NULLIF(n, 1) FROM b) FROM a", "?"),
    Case("SELECT arr = ANY (SELECT arr FROM special) FROM special", "!"),
    Case("SELECT jb IN (SELECT jb FROM special) FROM special", "!"),
    # FROM
    Case("SELECT s.n, s.x, s.c FROM (SELECT n, x, COALESCE(x, 0) AS c FROM a) AS s", "!?!"),
    Case("SELECT s.one FROM a LEFT JOIN (SELECT id, 1 AS one FROM b) AS s ON s.id = a.x", "?"),
    Case("SELECT s.k FROM (SELECT n AS k FROM a OFFSET 0) AS s WHERE s.k > 0", "!"),
    Case("SELECT s.x FROM (SELECT x FROM a) AS s WHERE s.x > 0", "!"),
    Case("SELECT s.c FROM (SELECT count(*) AS c FROM a) AS s", "!", ONE),
    Case("SELECT s.c, a.n FROM (SELECT count(*) AS c FROM b) AS s, a WHERE a.id = 1", "!!", MAYBE),
    Case(
        "SELECT s.c, a.n FROM (SELECT count(*) AS c FROM b) AS s LEFT JOIN a ON a.id = s.c",
        "!?",
        ONE,
    ),
    Case(
        "SELECT s.c, a.n FROM (SELECT count(*) AS c FROM b) AS s JOIN a ON a.id = s.c", "!!", MAYBE
    ),
    Case("SELECT s.n FROM (SELECT n FROM a LIMIT 1) AS s, b", "!", MANY),
    # VALUES
    Case("VALUES (1, 'a'), (2, NULL)", "!?", MANY),
    Case("VALUES (1, NULL)", "!?", ONE),
    Case("SELECT v.p, v.q FROM (VALUES (1, NULL), (2, 3)) AS v (p, q)", "!?", MANY),
    Case("SELECT v.p FROM (VALUES (1)) AS v (p)", "!", ONE),
    Case("SELECT v.p, v.q FROM a, LATERAL (VALUES (a.n, a.x), (1, 2)) AS v (p, q)", "!?"),
    Case("SELECT v.p FROM (VALUES ($1::int), (2)) AS v (p)", "?", MANY, values=((None,), (1,))),
    # WITH
    Case("WITH w AS (SELECT n, x FROM a) SELECT * FROM w", "!?"),
    Case(
        "WITH w AS (SELECT n, x FROM a) SELECT w.n, v.n FROM w LEFT JOIN w AS v ON v.n = w.x", "!?"
    ),
    Case("WITH w AS MATERIALIZED (SELECT x FROM a WHERE x > 0) SELECT x FROM w", "!"),
    Case("WITH w AS (SELECT count(*) AS c FROM a) SELECT c FROM w", "!", ONE),
    Case("WITH w AS (SELECT id FROM a WHERE id = 1) SELECT id FROM w", "!", MAYBE),
    Case(
        "WITH v AS (SELECT n FROM a), w AS (SELECT n FROM v) SELECT n, (SELECT count(*) FROM v) "
        "FROM w",
        "!!",
    ),
    Case(
        "WITH w AS (SELECT 1 AS k) SELECT k FROM (WITH w AS (SELECT NULL::int AS k) SELECT k "
        "FROM w) AS s",
        "?",
        ONE,
    ),
    Case("WITH w (k) AS (VALUES (1), (NULL)) SELECT k FROM w", "?", MANY),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM w WHERE k < 3) SELECT k "
        "FROM w",
        "!",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k, l) AS (SELECT 1, 1 UNION ALL SELECT k + 1, NULLIF(k, 2) FROM w "
        "WHERE k < 4) SELECT k, l FROM w",
        "!?",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k, l, m) AS (SELECT 1, 1, 1 UNION ALL SELECT k + 1, m, NULLIF(k, 1) "
        "FROM w WHERE k < 4) SELECT k, l, m FROM w",
        "!??",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION SELECT CASE WHEN k < 3 THEN k + 1 ELSE k END "
        "FROM w) SELECT k FROM w",
        "!",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT n FROM a UNION SELECT b.n FROM w LEFT JOIN b ON b.a_id "
        "= w.k) SELECT k FROM w",
        "?",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM w WHERE k < 3) SELECT "
        "max(k), count(*) FROM w",
        "?!",
        ONE,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION ALL SELECT s.k FROM (SELECT k + 1 AS k FROM w "
        "WHERE k < 3) AS s) SELECT k FROM w",
        "!",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM w WHERE k < 3) SEARCH "
        "DEPTH FIRST BY k SET o SELECT k, o FROM w",
        "!!",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (SELECT 1 UNION ALL SELECT 1 FROM w) CYCLE k SET again USING "
        "path SELECT k, again, path FROM w",
        "!!!",
        MANY,
    ),
    Case(
        "WITH RECURSIVE w (k) AS (VALUES (1) UNION ALL (WITH v AS (SELECT k FROM w) SELECT k + 1 "
        "FROM v WHERE k < 3)) SELECT k FROM w",
        "!",
        MANY,
    ),
    # WITH that writes
    write(
        "WITH w AS (INSERT INTO a VALUES (9, 9, NULL, '') RETURNING id, x) SELECT id, x FROM w",
        "!?",
        ONE,
    ),
    write("WITH w AS (DELETE FROM c RETURNING n, x) SELECT n, x FROM w", "!?"),
    write(
        "WITH w AS (UPDATE a SET x = 1 RETURNING n, x) SELECT count(*), max(n) FROM w", "!?", ONE
    ),
    write("WITH w AS (DELETE FROM c WHERE id = 1 RETURNING n) SELECT n FROM w", "!", MAYBE),
    write("WITH w AS (DELETE FROM c) SELECT n FROM a WHERE id = 1", "!", MAYBE),
    write(
        "WITH w AS (INSERT INTO a SELECT id + 100, n, x, t FROM a RETURNING n) SELECT n FROM w", "!"
    ),
    # Set operations
    Case("SELECT n FROM a UNION SELECT n FROM b", "!"),
    Case("SELECT n FROM a UNION ALL SELECT x FROM b", "?"),
    Case("SELECT n FROM a INTERSECT SELECT x FROM b", "!"),
    Case("SELECT x FROM a INTERSECT SELECT x FROM b", "?"),
    Case("SELECT n FROM a EXCEPT SELECT x FROM b", "!"),
    Case("SELECT x FROM a EXCEPT SELECT n FROM b", "?"),
    Case("SELECT x FROM a EXCEPT ALL SELECT NULL", "?"),
    Case("(SELECT n FROM a UNION SELECT x FROM a) INTERSECT SELECT n FROM b", "!"),
    Case("SELECT n, x FROM a UNION SELECT 1, NULL ORDER BY 1", "!?"),
    Case("SELECT n FROM a UNION ALL SELECT 1::bigint UNION ALL SELECT 1.5", "!", MANY),
    Case("SELECT 1 UNION ALL SELECT 2 LIMIT 1", "!", ONE),
    Case("SELECT 1 EXCEPT SELECT 1", "!", MAYBE),
    Case("SELECT 1 INTERSECT SELECT n FROM a", "!", MAYBE),
    Case("SELECT n FROM a UNION SELECT n FROM a WHERE id = 1", "!", MANY),
    Case(
        "SELECT s.n FROM c LEFT JOIN (SELECT n, id FROM a UNION ALL SELECT n, id FROM b) AS s "
        "USING (id)",
        "?",
    ),
]
