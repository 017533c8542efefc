"""What INSERT, UPDATE, DELETE and MERGE return."""

from __future__ import annotations

from .case import EXEC, MANY, MAYBE, ONE, Case, write

CASES = [
    # INSERT
    write("INSERT INTO a VALUES (9, 9, NULL, 'x')", "", EXEC),
    write("INSERT INTO a VALUES (9, 9, NULL, 'x') RETURNING *", "!!?!?", ONE),
    write("INSERT INTO a VALUES (9, 9, NULL, 'x'), (8, 8, 8, '') RETURNING id, x", "!?", MANY),
    write("INSERT INTO a (id, n, t) SELECT id + 100, n, t FROM a RETURNING id, s", "!?", MANY),
    write(
        "INSERT INTO a (id, n, t) SELECT id + 100, n, t FROM a WHERE id = 1 RETURNING id",
        "!",
        MAYBE,
    ),
    write("INSERT INTO a (id, n, t) SELECT 100 + count(*), 1, '' FROM a RETURNING id", "!", ONE),
    write(
        "INSERT INTO a (id, n, t) VALUES (generate_series(100, 102), 1, '') RETURNING id", "!", MANY
    ),
    write(
        "INSERT INTO a (id, n, t) VALUES (generate_series(100, 99), 1, '') RETURNING id", "!", MANY
    ),
    write(
        "INSERT INTO generated (id, n) VALUES (99, 1) RETURNING twice, more, from_x, x IS NULL",
        "?!?!",
        ONE,
    ),
    write("INSERT INTO virtual (id, n) VALUES (99, 1) RETURNING more, from_x", "!?", ONE, since=18),
    write("INSERT INTO split VALUES (99, 1, NULL) RETURNING n, x", "!?", ONE),
    write("INSERT INTO touched VALUES (99, 1, NULL) RETURNING n, x", "!?", ONE),
    write("INSERT INTO refusing VALUES (99, 1, NULL) RETURNING n, x", "!?", MAYBE),
    write(
        "WITH w AS (SELECT 200 AS id) INSERT INTO a (id, n, t) SELECT id, 1, '' FROM w RETURNING "
        "id",
        "!",
        ONE,
    ),
    write(
        "INSERT INTO a (id, n, t) VALUES (99, 1, '') RETURNING (SELECT count(*) FROM b), (SELECT "
        "max(n) FROM b WHERE b.a_id = a.id)",
        "!?",
        ONE,
    ),
    write(
        "INSERT INTO a (id, n, t) VALUES (99, 1, '') RETURNING a, (a).n, to_jsonb(a)", "!!!", ONE
    ),
    # ON CONFLICT
    write("INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT DO NOTHING RETURNING id", "!", MAYBE),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO NOTHING RETURNING id", "!", MAYBE
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET x = NULL RETURNING n, x",
        "!?",
        ONE,
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET n = 2 WHERE a.n > 9 "
        "RETURNING n",
        "!",
        MAYBE,
    ),
    write(
        "INSERT INTO frozen VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = 2 RETURNING n",
        "!",
        MAYBE,
    ),
    write(
        "INSERT INTO touched VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = 2 RETURNING n",
        "!",
        ONE,
    ),
    write(
        "INSERT INTO refusing VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = 2 RETURNING n",
        "!",
        MAYBE,
    ),
    # UPDATE
    write("UPDATE a SET n = 1", "", EXEC),
    write("UPDATE a SET n = 1 RETURNING id, n, x", "!!?", MANY),
    write("UPDATE a SET x = NULL WHERE x > 0 RETURNING n, x", "!?", MANY),
    write("UPDATE a SET x = 1 WHERE id = 1 RETURNING x", "!", MAYBE),
    write("UPDATE a SET x = n, s = s || 'x' WHERE s > '' RETURNING x, s", "!!"),
    write("UPDATE a SET n = 2 WHERE x > 0 RETURNING x, s", "!?"),
    write("UPDATE a SET (x, s) = (1, 'x') RETURNING x, s", "!!"),
    write("UPDATE a SET (x, s) = (SELECT 1, 'x') RETURNING x, s", "??"),
    write("UPDATE a SET x = (SELECT max(id) FROM b) RETURNING x", "?"),
    write("UPDATE a SET x = b.x FROM b WHERE b.id = a.id AND b.x > 0 RETURNING a.x", "!"),
    write("UPDATE generated SET x = NULL WHERE from_x > 0 RETURNING from_x, twice", "??"),
    write("UPDATE generated SET x = 1 RETURNING x, from_x", "!?"),
    write("UPDATE plain_view SET x = 1 RETURNING x", "!"),
    write("UPDATE base SET x = 1 RETURNING x", "!"),
    write("UPDATE split SET x = 1 RETURNING x", "!"),
    write("UPDATE erasing SET x = 1 RETURNING x", "?"),
    write("UPDATE erasing SET n = 1 WHERE x > 0 RETURNING x", "?"),
    write("INSERT INTO erasing VALUES (9, 1, 1) RETURNING n, x", "!?", ONE),
    write("INSERT INTO a VALUES (90, 1, 1, '', NULL) RETURNING x, s", "!?", ONE),
    write("INSERT INTO a VALUES (90, 1, 1, '') RETURNING NULLIF(2, x), NULLIF(1, x)", "!?", ONE),
    write("INSERT INTO a (id, n, t) VALUES (90, 1, '') RETURNING x, s", "??", ONE),
    write("INSERT INTO a VALUES (90, 1, 1, '', 'a'), (91, 1, 2, '', NULL) RETURNING x, s", "!?"),
    write("INSERT INTO a SELECT id + 90, n, n, t, s FROM a RETURNING x, s", "!?"),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET x = NULL RETURNING x",
        "?",
        ONE,
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET n = 2 RETURNING x",
        "?",
        ONE,
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET n = 2 WHERE a.x > 0 "
        "RETURNING x",
        "!",
        MAYBE,
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET x = excluded.x "
        "RETURNING x",
        "?",
        ONE,
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET x = excluded.n "
        "RETURNING x",
        "!",
        ONE,
    ),
    write(
        "UPDATE a SET x = b.x FROM b WHERE b.a_id = a.id RETURNING a.n, a.x, b.n, b.x, b.a_id",
        "!?!?!",
        MANY,
    ),
    write("UPDATE a SET x = b.x FROM b WHERE b.id = a.id AND a.id = 1 RETURNING a.n", "!", MAYBE),
    write(
        "UPDATE a SET x = NULL FROM b LEFT JOIN c ON c.b_id = b.id WHERE b.a_id = a.id AND a.x > "
        "0 RETURNING a.x, b.n, c.n",
        "?!?",
        MANY,
    ),
    write("UPDATE base SET x = NULL RETURNING id, n, x", "!!?", MANY),
    write("UPDATE plain_view SET x = NULL WHERE id = 1 RETURNING n, x", "!?", MAYBE),
    write("UPDATE filtered_view SET x = NULL RETURNING x", "?", MANY),
    write("UPDATE frozen SET n = 2 WHERE id = 1 RETURNING n", "!", MAYBE),
    # DELETE
    write("DELETE FROM c RETURNING n, x", "!?", MANY),
    write("DELETE FROM c WHERE x > 0 RETURNING n, x", "!!", MANY),
    write("DELETE FROM c WHERE id = 1 RETURNING n", "!", MAYBE),
    write(
        "DELETE FROM c USING b LEFT JOIN a ON a.id = b.a_id WHERE b.id = c.b_id RETURNING c.n, "
        "b.n, a.n",
        "!!?",
        MANY,
    ),
    # old and new
    write(
        "UPDATE a SET x = NULL WHERE x > 0 RETURNING old.x, new.x, old.n, new.n, x",
        "!?!!?",
        MANY,
        since=18,
    ),
    write(
        "INSERT INTO a VALUES (99, 1, 1, '') RETURNING old.n, new.n, old IS NULL, new",
        "?!!!",
        ONE,
        since=18,
    ),
    write(
        "DELETE FROM c WHERE x > 0 RETURNING old.x, new.x, old.n, new.n, x", "!?!?!", MANY, since=18
    ),
    write(
        "INSERT INTO a VALUES (1, 1, 1, '') ON CONFLICT (id) DO UPDATE SET n = 7 RETURNING "
        "old.n, new.n",
        "?!",
        ONE,
        since=18,
    ),
    write("UPDATE plain_view SET x = 1 RETURNING old.n, new.n", "!!", MANY, since=18),
    write(
        "UPDATE a SET n = 5 RETURNING WITH (OLD AS o, NEW AS m) o.n, m.n, to_json(o)",
        "!!!",
        MANY,
        since=18,
    ),
    write(
        "UPDATE a SET x = 1, s = NULL RETURNING CASE WHEN new.x > 0 THEN old.x ELSE 1 END, "
        "CASE WHEN x > 0 THEN old.x ELSE 1 END, CASE WHEN old.s > '' THEN s ELSE '' END",
        "???",
        MANY,
        since=18,
    ),
    write(
        "UPDATE a SET n = 1 RETURNING CASE WHEN old.s > '' THEN s ELSE '' END, "
        "CASE WHEN s > '' THEN s ELSE '' END",
        "!!",
        MANY,
        since=18,
    ),
    # MERGE
    write("MERGE INTO c USING b ON b.id = c.id WHEN MATCHED THEN DELETE", "", EXEC),
    write(
        "MERGE INTO a USING b ON b.id = a.id WHEN MATCHED THEN UPDATE SET x = b.x "
        "WHEN NOT MATCHED THEN INSERT (id, n, t) VALUES (b.id, b.n, '') "
        "RETURNING merge_action(), a.n, a.x, b.n",
        "!!?!",
        MANY,
        since=17,
    ),
    write(
        "MERGE INTO a USING b LEFT JOIN c ON c.b_id = b.id ON b.id = a.id "
        "WHEN MATCHED AND a.s > '' THEN UPDATE SET x = 1 "
        "WHEN NOT MATCHED THEN INSERT VALUES (b.id + 50, b.n, b.n, '', NULL) "
        "RETURNING a.x, a.s, b.n, c.n",
        "!?!?",
        MANY,
        since=17,
    ),
    write(
        "MERGE INTO c USING (VALUES (1)) AS v (k) ON c.id > v.k WHEN MATCHED THEN UPDATE SET x = "
        "NULL "
        "RETURNING c.id, c.x",
        "!?",
        MANY,
        since=17,
    ),
    write(
        "MERGE INTO c USING (VALUES (1)) AS v (k) ON c.id = v.k "
        "WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING c.id, v.k",
        "!?",
        MANY,
        since=17,
    ),
    write(  # what a join inside the source proves, it proves of rows of the source
        "MERGE INTO c USING (b AS one (k) INNER JOIN b AS other (k) USING (k)) ON false "
        "WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING c.id, k, one.k, other.k",
        "!???",
        MANY,
        since=17,
    ),
    write(
        "MERGE INTO c USING b ON b.id = c.b_id WHEN MATCHED AND c.x > 0 THEN DELETE "
        "WHEN NOT MATCHED THEN INSERT VALUES (b.id + 50, b.id, 1, NULL) RETURNING old.n, new.n, "
        "c.n",
        "??!",
        MANY,
        since=18,
    ),
    # Statements without a query of their own
    Case("SHOW search_path", "?", MANY, reads=False),
    Case("EXPLAIN SELECT 1", "?", MANY, reads=False),
    Case("TRUNCATE c", "", EXEC, reads=False),
    Case("SET LOCAL work_mem = '1MB'", "", EXEC, reads=False),
    # What a read-only query may call
    Case("SELECT random() < 2", "!", ONE),
    Case("SELECT pg_current_xact_id() IS NULL", "!", ONE, reads=False),
    Case("SELECT set_config('my.setting', 'x', true)", "?", ONE, reads=False),
    Case("SELECT pg_try_advisory_xact_lock(1)", "?", ONE, reads=False),
    Case(
        "SELECT s FROM (SELECT set_config('my.setting', 'x', true) AS s) AS w",
        "?",
        ONE,
        reads=False,
    ),
]
