"""What operators, functions and choices make of values."""

from __future__ import annotations

from .case import MANY, ONE, Case

_AB = "a LEFT JOIN b ON b.a_id = a.id"

CASES = [
    # Constants, parameters, values of the session
    Case("SELECT 1, 'a', NULL, NULL::int, true, 1.5, '{}'::int[]", "!!??!!!", ONE),
    Case("SELECT $1::int", "?", ONE, values=((1,), (None,))),
    Case("SELECT $1::int + 1", "?", ONE, values=((1,), (None,))),
    Case("SELECT COALESCE($1::int, 1)", "!", ONE, values=((1,), (None,))),
    Case("SELECT now(), CURRENT_DATE, LOCALTIME, CURRENT_USER, CURRENT_CATALOG", "!!!!!", ONE),
    Case("SELECT CURRENT_SCHEMA", "?", ONE),
    Case("SELECT random() < 2, gen_random_uuid(), clock_timestamp()", "!!!", ONE),
    # COALESCE, CASE, NULLIF, GREATEST, LEAST
    Case(
        "SELECT COALESCE(x, 0), COALESCE(x, n), COALESCE(x, NULL), COALESCE(s, t, s) FROM a", "!!?!"
    ),
    Case("SELECT NULLIF(n, 1), NULLIF(n, 1) IS NULL FROM a", "?!"),
    Case("SELECT GREATEST(n, 1), GREATEST(x, 1), GREATEST(x, NULL), LEAST(x, n) FROM a", "!!?!"),
    Case("SELECT CASE WHEN n > 1 THEN 1 ELSE 2 END, CASE WHEN n > 1 THEN 1 END FROM a", "!?"),
    Case(
        "SELECT CASE n WHEN 1 THEN 'a' ELSE 'b' END, CASE x WHEN 1 THEN x ELSE 0 END FROM a", "!?"
    ),
    Case("SELECT CASE WHEN x > 0 THEN x ELSE 0 END FROM a", "!"),
    Case("SELECT CASE WHEN x IS NULL THEN 0 ELSE x END FROM a", "!"),
    Case("SELECT CASE WHEN x IS NOT NULL THEN x ELSE 0 END FROM a", "!"),
    Case("SELECT CASE WHEN x > 0 THEN 0 ELSE x END FROM a", "?"),
    Case("SELECT CASE WHEN x = 1 OR s = '' THEN x ELSE 0 END FROM a", "?"),
    Case("SELECT CASE WHEN x IS NULL THEN 0 WHEN s IS NULL THEN x ELSE x END FROM a", "!"),
    Case("SELECT CASE WHEN x IS NULL OR s IS NULL THEN 0 ELSE x END FROM a", "!"),
    Case("SELECT CASE WHEN x IS NULL OR s = '' THEN 0 ELSE x END FROM a", "?"),
    Case("SELECT CASE WHEN x IS NULL OR n = 1 THEN 0 ELSE x END FROM a", "!"),
    Case("SELECT CASE WHEN false THEN NULL ELSE 1 END, CASE WHEN 1 = 1 THEN 1 END", "!!", ONE),
    Case(
        "SELECT CASE WHEN x IS NOT NULL THEN first_value(x) OVER (ORDER BY x DESC) ELSE 1 END, "
        "CASE WHEN x > 0 THEN lead(x, 1, 0) OVER (ORDER BY id) ELSE 1 END FROM a",
        "??",
    ),
    # Three-valued logic
    Case("SELECT false AND NULL, true OR NULL, true AND NULL, NOT NULL::boolean", "!!??", ONE),
    Case(
        "SELECT x IS NOT NULL AND x > 0, x > 0 AND x IS NOT NULL, x IS NULL OR x > 0 FROM a", "!!!"
    ),
    Case("SELECT x IS NULL AND x > 0, x IS NOT NULL OR x > 0, x > 0 OR n > 0 FROM a", "???"),
    Case("SELECT x = x, n = n, n <> n OR NULL, x <> x AND NULL FROM a", "?!??"),
    # Constants
    Case("SELECT NULLIF(2, 1), NULLIF(1, 1), NULLIF('a', 'b'), NULLIF(1, NULL)", "!?!!", ONE),
    Case(
        "SELECT NULLIF('a'::char(2), 'a '), NULLIF(1 + 1, 3), NULLIF(length('ab'), 3)", "?!!", ONE
    ),
    Case("SELECT NULLIF(k, 2) FROM (SELECT 1 AS k) AS q", "!", ONE),
    Case("SELECT NULLIF(k, 2) FROM (VALUES (1), (1)) AS q (k)", "!"),
    Case("SELECT NULLIF(k, 2) FROM (VALUES (1), (2)) AS q (k)", "?"),
    Case("SELECT NULLIF(k, 2) FROM a LEFT JOIN (SELECT 1 AS k) AS q ON a.n = 1", "?"),
    Case("SELECT NULLIF(max(k), 1) FROM (SELECT 1 AS k) AS q", "?", ONE),
    Case(
        "WITH RECURSIVE r AS (SELECT 0 AS k UNION ALL SELECT k + 1 FROM r WHERE k < 2) "
        "SELECT NULLIF(k, 1) FROM r",
        "?",
    ),
    Case("SELECT CASE WHEN true THEN NULL ELSE 1 END", "?", ONE),
    Case(
        "SELECT CASE WHEN b.id IS NULL THEN 0 ELSE b.n END, CASE WHEN b.x = 1 THEN b.n ELSE 0 "
        f"END FROM {_AB}",
        "!!",
    ),
    Case(f"SELECT CASE WHEN b.x IS NULL THEN b.n ELSE 0 END FROM {_AB}", "?"),
    # Tests are never null; connectives are when a member is
    Case("SELECT x IS NULL, x IS NOT NULL, x IS DISTINCT FROM 1, (x > 0) IS TRUE FROM a", "!!!!"),
    Case("SELECT n = 1, x = 1, n = 1 AND x = 1, n = 1 OR n = 2, NOT x > 0 FROM a", "!??!?"),
    Case("SELECT n IN (1, 2), x IN (1, 2), n IN (1, x), n IN (1, NULL) FROM a", "!???"),
    Case("SELECT n = ANY ('{1}'), n = ALL (ARRAY[1, 2]), n = ANY (ARRAY[1, NULL]) FROM a", "!!?"),
    Case("SELECT n = ANY (ARRAY[ARRAY[1, NULL]]), n = ANY (ARRAY[arr]) FROM special, a", "??"),
    Case(
        "SELECT (n, t) = (1, 'a'), (n, x) = (1, 1), (n, t) < (1, 'a'), ROW(1, NULL) = ROW(1, 2) "
        "FROM a",
        "!?!?",
    ),
    Case("SELECT (n, t) IN ((1, 'one'), (2, '')) FROM a", "!"),
    Case("SELECT t LIKE 'a%', t ~ 'a', t SIMILAR TO 'a', t ILIKE s FROM a", "!!??"),
    # Operators and functions on plain types
    Case(
        "SELECT n + 1, n * n, n / 2, n % 2, -n, n || t, t || 'x', t || s, n << 1 FROM a",
        "!!!!!!!?!",
    ),
    Case(
        "SELECT f + 1, f * 2, num + 1, num / 3, f = f, abs(f), sqrt(abs(num)), round(num) FROM "
        "special",
        "!" * 8,
    ),
    Case(
        "SELECT ts = tz, tm + iv, ts::date, d::timestamp, tz AT TIME ZONE 'UTC' FROM special",
        "!!!!!",
    ),
    Case(
        "SELECT lower(t), upper(t), length(t), trim(t), substring(t FROM 1 FOR 1), left(t, 1) "
        "FROM a",
        "!" * 6,
    ),
    Case("SELECT substring(t FROM 'o'), substring(t SIMILAR 'o' ESCAPE '#') FROM a", "??"),
    Case(
        "SELECT replace(t, 'a', 'b'), split_part(t, 'n', 1), md5(t), position('n' IN t), "
        "reverse(t) FROM a",
        "!" * 5,
    ),
    Case(
        "SELECT concat(s, NULL), concat_ws(',', s), concat_ws(s, 'a'), format('%s', s), "
        "format(s) FROM a",
        "!!?!?",
    ),
    Case("SELECT concat(VARIADIC NULL::text[]), concat_ws(',', VARIADIC NULL::text[])", "??", ONE),
    Case(
        "SELECT regexp_replace(t, 'a', 'b'), regexp_match(t, 'a'), regexp_substr(t, 'a') FROM a",
        "!??",
    ),
    Case(
        "SELECT own_null(n), n === n, n === ANY (ARRAY[1]), n OPERATOR(===) ALL (SELECT 1) FROM a",
        "????",
    ),
    Case(
        "SELECT to_hex(n), chr(n + 64), sign(n), mod(n, 2), power(n, 2), random() * n >= 0 FROM a",
        "!" * 6,
    ),
    # Casts
    Case(
        "SELECT n::text, n::bigint, n::numeric, x::text, t::varchar(2), n::float8::int FROM a",
        "!!!?!!",
    ),
    Case(
        "SELECT mood::text, txt::bytea, u::text, ip::text, by::text, yes::int, yes::text FROM "
        "special WHERE txt <> ''",
        "!" * 7,
    ),
    Case(
        "SELECT jb::text, j::text, j::jsonb, arr::text, arr::bigint[], r::text FROM special",
        "!" * 6,
    ),
    Case("SELECT h::text, g::text, h::nick FROM tagged", "!?!"),
    Case("SELECT t::nick FROM a WHERE t <> ''", "!"),
    # Infinite times have no time of day, and no field but those that grow
    Case("SELECT ts::time, tz::timetz, tz::time FROM special", "???"),
    Case(
        "SELECT extract(epoch FROM tz), extract(year FROM ts), extract(julian FROM d) FROM special",
        "!!!",
    ),
    Case(
        "SELECT extract(hour FROM tz), extract(day FROM d), date_part('month', ts) FROM special",
        "???",
    ),
    Case(
        "SELECT date_part('epoch', iv), extract(day FROM iv), extract(hour FROM tm) FROM special",
        "!??",
    ),
    Case(
        "SELECT to_char(tz, 'YYYY'), to_char(d, 'YYYY'), to_char(num, '9'), to_char(iv, 'DD') "
        "FROM special",
        "????",
    ),
    Case(
        "SELECT date_trunc('day', tz), date_trunc('day', ts), isfinite(d), isfinite(tz) FROM "
        "special",
        "!!!!",
    ),
    Case("SELECT age(timestamp '2024-01-01', ts) FROM special WHERE isfinite(ts)", "?"),
    # Ranges, arrays
    Case("SELECT lower(r), upper(r), isempty(r), lower_inc(r), upper_inf(r) FROM special", "??!!!"),
    Case("SELECT r @> 1, r && r, r = r, r * r, r + r FROM special", "!!!??"),
    Case(
        "SELECT arr[1], arr[1:2], array_length(arr, 1), cardinality(arr), arr || 1 FROM special "
        "WHERE array_ndims(arr) IS DISTINCT FROM 2",
        "???!!",
    ),
    Case(
        "SELECT arr @> arr, arr = arr, arr || arr, array_remove(arr, 1), array_to_string(arr, "
        "',') FROM special WHERE id < 3",
        "!!!!!",
    ),
    Case(
        "SELECT array_append(NULL::int[], NULL), array_cat(NULL::int[], NULL), "
        "array_position(arr, 1) FROM special WHERE id < 3",
        "!??",
    ),
    Case("SELECT ARRAY[x, n], ARRAY[NULL::int], ARRAY[]::int[] FROM a", "!!!"),
    Case(
        "SELECT string_to_array(t, ','), string_to_array(s, ','), array_ndims(ARRAY[n]) FROM a",
        "!??",
    ),
    # JSON
    Case("SELECT jb -> 'k', jb ->> 'k', jb #> '{k}', jb #>> '{k}', jb ? 'k' FROM special", "????!"),
    Case(
        "SELECT j -> 'k', j ->> 'k', jb @> '{}', jb @? '$.k', jb @@ '$.k == 1' FROM special",
        "??!??",
    ),
    Case(
        "SELECT jb::int, jb::boolean, jb::numeric FROM special WHERE jb = 'null'", "???", since=18
    ),
    Case(
        "SELECT jb || '{}', jb = jb, jsonb_typeof(jb), jsonb_pretty(jb), to_jsonb(f) FROM special",
        "!" * 5,
    ),
    Case(
        "SELECT jsonb_path_query_first(jb, '$.k'), jsonb_path_exists(jb, '$.k') FROM special", "??"
    ),
    Case(
        "SELECT jsonb_set(jb, '{k}', '1'), jsonb_set(jb, '{k}', NULL) FROM special WHERE id > 1",
        "!?",
    ),
    Case(
        "SELECT jb['k'], JSON_VALUE(jb, '$.k'), JSON_EXISTS(jb, '$.k') FROM special",
        "???",
        since=17,
    ),
    # Whole rows and composite values
    Case("SELECT a, (a).n, (a).x FROM a", "!!?"),
    Case("SELECT p, (p).one, (p).two FROM special", "!??"),
    Case("SELECT ROW(x, s), ROW(NULL) FROM a", "!!"),
    Case(f"SELECT b, (w.b).n FROM {_AB}, LATERAL (SELECT b) AS w", "??"),
    Case(f"SELECT w.b, (w.b).n FROM (SELECT b FROM {_AB} WHERE b.id IS NOT NULL) AS w", "!!"),
    Case("SELECT v FROM plain_view AS v", "!"),
    Case("SELECT w.j FROM (SELECT j FROM (a LEFT JOIN b ON b.a_id = a.id) AS j (q)) AS w", "!"),
    # Geometry, addresses
    Case("SELECT pt, pt <-> pt, pt ~= pt FROM special WHERE id > 2", "!??"),
    Case(
        "SELECT host(ip), masklen(ip), ip << '10.0.0.0/8', ip + 1 FROM special WHERE id > 2", "!!!!"
    ),
    # Grouping queries of text search
    Case(
        "SELECT to_tsvector('simple', t) @@ to_tsquery('simple', 'one'), ts_rank(to_tsvector(t), "
        "'a') FROM a",
        "!!",
    ),
    # Set-returning functions
    Case("SELECT generate_series(1, 3)", "!", MANY),
    Case("SELECT generate_series(1, 3), generate_series(1, 2)", "??", MANY),
    Case("SELECT g FROM generate_series(1, 3) AS g", "!", MANY),
    Case("SELECT g FROM a, generate_series(1, a.x) AS g", "!", MANY),
    Case("SELECT unnest(arr), generate_subscripts(arr, 1) FROM special", "??", MANY),
    Case("SELECT e FROM special, unnest(arr) AS e", "?", MANY),
    Case("SELECT e, o FROM special, unnest(arr) WITH ORDINALITY AS u (e, o)", "?!", MANY),
    Case("SELECT p, q FROM unnest(ARRAY[1, 2], ARRAY[1]) AS u (p, q)", "??", MANY),
    Case("SELECT e FROM special, jsonb_array_elements(jb -> 'l') AS e", "!", MANY),
    Case("SELECT e FROM jsonb_array_elements('[1, null]') AS e", "!", MANY),
    Case("SELECT e FROM jsonb_array_elements_text('[1, null]') AS e", "?", MANY),
    Case("SELECT key, value FROM jsonb_each('{\"a\": null}')", "??", MANY),
    Case("SELECT k FROM jsonb_object_keys('{\"a\": null}') AS k", "!", MANY),
    Case("SELECT r.a FROM jsonb_to_record('{}') AS r (a int)", "?", ONE),
    Case("SELECT m FROM regexp_matches('ab', '(a)(x)?') AS m", "?", MANY),
    Case("SELECT s FROM string_to_table('a,,b', ',', '') AS s", "?", MANY),
    Case("SELECT l FROM lower('A') AS l", "!", ONE),
    Case(
        "SELECT x.* FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS x", "??", MANY
    ),
    Case(
        "SELECT t.k, t.o FROM JSON_TABLE('[1]'::jsonb, '$[*]' COLUMNS (o FOR ORDINALITY, k int "
        "PATH '$')) AS t",
        "??",
        since=17,
    ),
]
