"""Aggregates, grouping sets and window functions."""

from __future__ import annotations

from .case import MANY, MAYBE, ONE, Case

_ALL = (
    "count(*), count(x), sum(n), avg(n), min(n), max(t), bool_and(n > 0), string_agg(t, ','), "
    "array_agg(x), json_agg(x), jsonb_object_agg(id, x), stddev(n), any_value(n)"
)
_AB = "a LEFT JOIN b ON b.a_id = a.id"

CASES = [
    # Without GROUP BY there is one row, and no value where no row went in
    Case(f"SELECT {_ALL} FROM a", "!!???????????", ONE),
    Case("SELECT count(*) FROM a WHERE false", "!", ONE),
    Case("SELECT count(*) FROM a HAVING count(*) > 1", "!", MAYBE),
    Case("SELECT count(*) FROM a LIMIT 1", "!", ONE),
    Case("SELECT count(*) FROM a LIMIT 0", "!", MAYBE),
    Case("SELECT count(*) FROM a LIMIT $1", "!", MAYBE, values=((0,), (1,), (None,))),
    Case("SELECT count(*) FROM a OFFSET 1", "!", MAYBE),
    Case("SELECT COALESCE(sum(x), 0), sum(x) IS NULL, COALESCE(sum(x), max(x)) FROM a", "!!?", ONE),
    Case("SELECT regr_count(n, x), corr(n, x) FROM a", "!?", ONE),
    Case("SELECT max(x) FROM a WHERE x > 0", "?", ONE),
    Case("SELECT generate_series(1, count(*)) FROM a", "!", MANY),
    # With GROUP BY a group has a row
    Case(f"SELECT n, {_ALL} FROM a GROUP BY n", "!!!!!!!!!!!!?!"),
    Case("SELECT x, sum(x), max(x), min(s) FROM a GROUP BY x", "????"),
    Case("SELECT x, sum(x) FROM a WHERE x > 0 GROUP BY x", "!!"),
    Case("SELECT n, sum(x) FROM a GROUP BY n HAVING sum(x) > 0", "!?"),
    Case("SELECT x, count(*) FROM a GROUP BY x HAVING x IS NOT NULL", "!!"),
    Case(
        "SELECT n, max(t) FILTER (WHERE n > 1), count(*) FILTER (WHERE n > 1) FROM a GROUP BY n",
        "!?!",
    ),
    Case("SELECT n + 1, max(n) FROM a GROUP BY n + 1", "!!"),
    Case("SELECT COALESCE(x, 0), count(*) FROM a GROUP BY COALESCE(x, 0)", "!!"),
    Case("SELECT t, max(n) FROM a GROUP BY id", "!!"),
    Case("SELECT CASE WHEN x IS NULL THEN 0 ELSE max(x) END FROM a GROUP BY x", "!", until=17),
    Case("SELECT CASE WHEN x IS NULL THEN 0 ELSE max(x) END FROM a GROUP BY x", "?", since=18),
    Case("SELECT n, string_agg(t, s), string_agg(s, ',') FROM a GROUP BY n", "!!?"),
    Case("SELECT n, array_agg(x ORDER BY t), sum(DISTINCT n) FROM a GROUP BY n", "!!!"),
    Case(
        "SELECT n, percentile_cont(0.5) WITHIN GROUP (ORDER BY n), mode() WITHIN GROUP (ORDER BY "
        "x) FROM a GROUP BY n",
        "!??",
    ),
    Case("SELECT n, bit_and(n), every(n > 0), var_pop(n), var_samp(n) FROM a GROUP BY n", "!!!!?"),
    Case(
        "SELECT id, range_agg(r), range_intersect_agg(r), max(f), sum(num), avg(f) FROM special "
        "GROUP BY id",
        "!!!!!!",
    ),
    Case(
        "SELECT id, max(arr), min(ts), sum(iv), array_agg(arr) FROM special WHERE id > 2 GROUP "
        "BY id",
        "!!!!!",
    ),
    Case(
        "SELECT a.id, count(b.id), max(b.n), sum(a.n) FROM a LEFT JOIN b ON b.a_id = a.id GROUP "
        "BY a.id",
        "!!?!",
    ),
    Case(f"SELECT a.id, max(b.n) FROM {_AB} WHERE b.x = 1 GROUP BY a.id", "!!"),
    Case(
        f"SELECT CASE WHEN b.id IS NULL THEN 0 ELSE max(b.n) END FROM {_AB} GROUP BY b.id",
        "!",
        until=17,
    ),
    Case(
        f"SELECT CASE WHEN b.id IS NULL THEN 0 ELSE max(b.n) END FROM {_AB} GROUP BY b.id",
        "?",
        since=18,
    ),
    Case("SELECT n FROM a WHERE id = 1 GROUP BY n", "!", MAYBE),
    Case("SELECT DISTINCT n, x FROM a", "!?"),
    Case("SELECT DISTINCT ON (n) n, x, t FROM a ORDER BY n, x", "!?!"),
    Case("SELECT 1 FROM a GROUP BY ()", "!"),
    # Grouping sets: what is not grouped by is NULL
    Case("SELECT n, t, count(*), max(id) FROM a GROUP BY ROLLUP (n, t)", "??!?"),
    Case("SELECT n, t, count(*) FROM a GROUP BY CUBE (n, t)", "??!"),
    Case("SELECT n, count(*) FROM a GROUP BY GROUPING SETS ((n), ())", "?!"),
    Case("SELECT n, t, count(*) FROM a GROUP BY n, ROLLUP (t)", "!?!"),
    Case("SELECT n, t, x FROM a GROUP BY GROUPING SETS ((n, t), (n, x)), n", "!??"),
    Case("SELECT n + 1, GROUPING(n), COALESCE(n, 0) FROM a GROUP BY ROLLUP (n)", "?!!"),
    Case("SELECT COALESCE(x, 0), COALESCE(x, 0) + 1 FROM a GROUP BY ROLLUP (COALESCE(x, 0))", "??"),
    Case("SELECT max(n), sum(n) FROM a GROUP BY ROLLUP (n)", "??"),
    Case("SELECT max(n) FROM a GROUP BY GROUPING SETS ((n), (t))", "!"),
    Case("SELECT max(n + (SELECT a.n FROM b LIMIT 1)) FROM a GROUP BY n, CUBE (t)", "?"),
    Case("SELECT n FROM a GROUP BY ROLLUP (n) HAVING n IS NOT NULL", "!"),
    Case("SELECT n, t FROM a GROUP BY ROLLUP (n, t) HAVING t <> ''", "?!"),
    Case("SELECT n FROM a GROUP BY ROLLUP (n, t) HAVING (SELECT n) > 0", "?"),
    Case("SELECT 1 AS one, count(*) FROM a GROUP BY ROLLUP (1)", "?!"),
    Case("SELECT max(t) FROM a GROUP BY GROUPING SETS ((), ())", "?"),
    Case("SELECT json_build_object('n', n) FROM a GROUP BY ROLLUP (n)", "!"),
    Case("SELECT CASE WHEN n IS NULL THEN 0 ELSE n END FROM a GROUP BY ROLLUP (n)", "!"),
    # HAVING and CASE that say that there are rows
    Case("SELECT max(n), max(x) FROM a HAVING count(*) > 0", "!?", MAYBE),
    Case("SELECT max(n) FROM a HAVING count(*) >= 0", "?", MAYBE),
    Case("SELECT max(n) FROM a HAVING sum(x) > 0", "!", MAYBE),
    Case("SELECT max(n) FROM a HAVING sum(x) > 0 OR count(*) = 0", "?", MAYBE),
    Case(
        "SELECT CASE WHEN count(*) = 0 THEN 0 ELSE max(n) END, "
        "CASE WHEN count(x) > 0 THEN max(n) ELSE 0 END, "
        "CASE WHEN count(*) > 1 THEN 0 ELSE max(n) END FROM a",
        "!!?",
        ONE,
    ),
    Case("SELECT max(g) FROM generate_series(1, 2) AS g", "!", ONE),
    Case("SELECT max(g) FROM generate_series(2, 1) AS g", "?", ONE),
    Case("SELECT max(g) FROM (VALUES (1), (2)) AS v (g)", "!", ONE),
    Case("SELECT max(g) FROM (VALUES (1), (2)) AS v (g) WHERE g > 2", "?", ONE),
    Case("SELECT (SELECT n) FROM a GROUP BY ROLLUP (n)", "?"),
    Case(f"SELECT b.id, count(*) FROM {_AB} WHERE b.id > 0 GROUP BY ROLLUP (b.id)", "?!"),
    Case("SELECT g.n FROM (SELECT n FROM a GROUP BY ROLLUP (n)) AS g", "?"),
    # Window functions
    Case(
        "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), "
        "sum(n) OVER (ORDER BY id GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING), "
        "sum(n) OVER (ORDER BY id ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING), "
        "sum(n) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING), "
        "nth_value(n, 1) OVER (ORDER BY id), nth_value(n, 2) OVER (ORDER BY id) FROM a",
        "!!??!?",
    ),
    Case(
        "SELECT row_number() OVER (), rank() OVER (ORDER BY n), ntile(2) OVER (), ntile(x) OVER "
        "() FROM a",
        "!!!?",
    ),
    Case(
        "SELECT percent_rank() OVER (ORDER BY n), cume_dist() OVER (ORDER BY n), dense_rank() "
        "OVER () FROM a",
        "!!!",
    ),
    Case(
        "SELECT lag(n) OVER (), lag(n, 1, 0) OVER (), lead(n, 1, x) OVER (), lag(x, 1, 0) OVER "
        "() FROM a",
        "?!??",
    ),
    Case(
        "SELECT sum(n) OVER (), sum(x) OVER (), count(x) OVER (), max(n) OVER (PARTITION BY x) "
        "FROM a",
        "!?!!",
    ),
    Case(
        "SELECT first_value(n) OVER w, last_value(n) OVER w, nth_value(n, 2) OVER w FROM a "
        "WINDOW w AS (ORDER BY n)",
        "!!?",
    ),
    Case("SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM a", "!"),
    Case(
        "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM a",
        "!",
    ),
    Case(
        "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM a",
        "?",
    ),
    Case(
        "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) FROM a",
        "?",
    ),
    Case(
        "SELECT first_value(n) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED "
        "FOLLOWING EXCLUDE CURRENT ROW) FROM a",
        "?",
    ),
    Case(
        "SELECT max(n) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND CURRENT ROW EXCLUDE TIES) "
        "FROM a",
        "?",
    ),
    Case(
        "SELECT max(n) OVER (ORDER BY x RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM a",
        "!",
    ),
    Case(
        "SELECT max(n) OVER (ORDER BY x GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM a",
        "!",
    ),
    Case(
        "SELECT count(*) FILTER (WHERE n > 1) OVER (), max(n) FILTER (WHERE n > 1) OVER () FROM a",
        "!?",
    ),
    Case("SELECT array_agg(x) OVER (), json_agg(x) OVER (ORDER BY n) FROM a", "!!"),
    Case("SELECT n, sum(sum(n)) OVER (), sum(sum(x)) OVER () FROM a GROUP BY n", "!!?"),
    Case("SELECT sum(sum(n)) OVER () FROM a", "?", ONE),
    Case("SELECT row_number() OVER () FROM a WHERE id = 1", "!", MAYBE),
]
