"""JSON that a statement builds, and the shape that the compiler gives it.

A shape is written as `{key: type, key: type}` and `[type]`, with `?` after what may be JSON null.
"""

from __future__ import annotations

from .case import MANY, ONE, Case

_AB = "a LEFT JOIN b ON b.a_id = a.id"

# (statement, the shape of its one column; "" where it is not known)
SHAPES = [
    ("SELECT json_build_object('id', id, 'x', x) FROM a", "{id: integer, x: integer?}"),
    (
        "SELECT jsonb_build_object('t', t, 'ok', n > 0, 'all', 1.5) FROM a",
        "{t: text, ok: boolean, all: numeric}",
    ),
    ("SELECT json_build_object('in', json_build_object('n', n)) FROM a", "{in: {n: integer}}"),
    ("SELECT json_build_object()", "{}"),
    ("SELECT json_build_object('a', 1, 'a', 2)", ""),
    ("SELECT json_build_object(t, 1) FROM a", ""),
    ("SELECT json_build_object(1, 2)", ""),
    ("SELECT json_build_object(1.5, 2)", ""),
    ("SELECT json_build_object(VARIADIC ARRAY['a', 'b'])", ""),
    ("SELECT json_build_array(n, 1) FROM a", ""),
    ("SELECT json_build_array(n, n) FROM a", "[integer]"),
    ("SELECT json_build_array(1, NULL::int)", "[integer?]"),
    ("SELECT json_build_array()", "[]"),
    ("SELECT json_agg(x) FROM a", "[integer?]"),
    ("SELECT json_agg(x) FROM a WHERE x IS NOT NULL", "[integer]"),
    ("SELECT jsonb_agg(x) FILTER (WHERE x > 0) FROM a", "[integer]"),
    ("SELECT COALESCE(json_agg(json_build_object('n', n)), '[]') FROM a", "[{n: integer}]"),
    ("SELECT COALESCE(jsonb_agg(n), '[]') FROM a", "[integer]"),
    ("SELECT COALESCE(jsonb_agg(n), '[1]') FROM a", ""),
    ("SELECT COALESCE(json_agg(n), json_build_array()) FROM a", "[integer]"),
    ("SELECT COALESCE(json_agg(n), '{}') FROM a", ""),
    ("SELECT COALESCE(json_agg(n)) FROM a", "[integer]"),
    ("SELECT json_agg(a) FROM a", "[{id: integer, n: integer, x: integer?, t: text, s: text?}]"),
    ("SELECT json_agg(s) FROM shortened AS s", "[{id: integer, n: integer, x: integer?}]"),
    (
        f"SELECT a.id, json_agg(b) FROM {_AB} GROUP BY a.id",
        "[{id: integer, a_id: integer?, n: integer, x: integer?}?]",
    ),
    (
        f"SELECT a.id, json_agg(b.*) FILTER (WHERE b.id IS NOT NULL) FROM {_AB} GROUP BY a.id",
        "[{id: integer, a_id: integer?, n: integer, x: integer?}]",
    ),
    (f"SELECT a.id, json_agg(b.n) FROM {_AB} GROUP BY a.id", "[integer?]"),
    (
        f"SELECT a.id, json_agg(json_build_object('n', b.n)) FROM {_AB} GROUP BY a.id",
        "[{n: integer?}]",
    ),
    (f"SELECT to_jsonb(b) FROM {_AB}", "{id: integer, a_id: integer?, n: integer, x: integer?}"),
    ("SELECT row_to_json(w) FROM (SELECT n, x AS y FROM a) AS w", "{n: integer, y: integer?}"),
    ("SELECT row_to_json(w) FROM (SELECT n, x FROM a) AS w (p)", "{p: integer, x: integer?}"),
    ("SELECT row_to_json(w) FROM plain_view AS w (p)", "{id: integer, n: integer, x: integer?}"),
    ("SELECT row_to_json(w) FROM (SELECT 1 AS k, 2 AS k) AS w", ""),
    ("SELECT row_to_json(w) FROM (VALUES (1, NULL::text)) AS w (p, q)", "{p: integer, q: text?}"),
    ("WITH w AS (SELECT n, x FROM a) SELECT json_agg(w) FROM w", "[{n: integer, x: integer?}]"),
    ("SELECT row_to_json(ROW(1, 2))", ""),
    ("SELECT row_to_json((t)::base) FROM turned AS t", ""),
    ("SELECT json_build_object('r', ROW(1, 2), 'p', p) FROM special", "{r: jsonb?, p: pair}"),
    ("SELECT json_build_object('jb', jb, 'j', j) FROM special", "{jb: jsonb?, j: json?}"),
    (
        "SELECT json_build_object('arr', arr, 'mood', mood) FROM special",
        "{arr: integer[], mood: mood}",
    ),
    ("SELECT json_build_object('ids', ARRAY(SELECT id FROM b))", "{ids: integer[]}"),
    (
        "SELECT json_build_object('any', EXISTS (SELECT FROM b), 'c', (SELECT count(*) FROM b))",
        "{any: boolean, c: bigint}",
    ),
    ("SELECT json_build_object('m', (SELECT max(n) FROM b))", "{m: integer?}"),
    (
        "SELECT json_build_object('o', JSON_OBJECT('k': 1), 's', JSON_ARRAY(1))",
        "{o: json?, s: json?}",
    ),
    ("SELECT json_build_object('d', h, 'g', g) FROM tagged", "{d: nick, g: tag?}"),
    ("SELECT CASE WHEN n > 1 THEN json_build_object('n', n) END FROM a", "{n: integer}"),
    (
        (
            "SELECT CASE WHEN n > 1 THEN json_build_object('n', n) ELSE json_build_object('x', x) "
            "END FROM a"
        ),
        "",
    ),
    ("SELECT (SELECT json_agg(b.n) FROM b WHERE b.a_id = a.id) FROM a", "[integer]"),
    ("SELECT (SELECT json_agg(a.x)) FROM a", "[integer?]"),
    ("SELECT (SELECT json_agg(a.x) FILTER (WHERE a.x > 0)) FROM a", "[integer?]"),
    ("SELECT w.j FROM (SELECT json_build_object('n', n) AS j FROM a) AS w", "{n: integer}"),
    (
        (
            "SELECT w.j FROM c LEFT JOIN (SELECT id, json_build_object('n', n) AS j FROM a) AS w "
            "ON "
            "w.id = c.x"
        ),
        "{n: integer}",
    ),
    (
        (
            "SELECT json_build_object('w', w.j) FROM c LEFT JOIN (SELECT id, "
            "json_build_object('n', "
            "n) AS j FROM a) AS w ON w.id = c.x"
        ),
        "{w: {n: integer}?}",
    ),
    ("SELECT json_build_object('n', n)::jsonb FROM a", "{n: integer}"),
    ("SELECT json_build_object('n', n)::text::json FROM a", ""),
    (
        "SELECT json_build_object('n', n) FROM a UNION ALL SELECT json_build_object('n', n) FROM b",
        "",
    ),
    ("SELECT jsonb_build_object('n', 1) || jsonb_build_object('m', 2)", ""),
    ("SELECT array_to_json(ARRAY[n]) FROM a", ""),
    ("SELECT json_object_agg(t, n) FROM a", ""),
    ("SELECT jb FROM special", ""),
]

# Whether the document itself may be NULL
CASES = [
    Case(
        "SELECT json_build_object('x', x), jsonb_build_array(x), json_build_object() FROM a", "!!!"
    ),
    Case(
        "SELECT json_build_object(VARIADIC NULL::text[]), jsonb_build_array(VARIADIC NULL::int[])",
        "??",
        ONE,
    ),
    Case(
        "SELECT json_build_object(VARIADIC ARRAY['a', 'b']), json_build_array(VARIADIC ARRAY[1])",
        "!!",
        ONE,
    ),
    Case("SELECT to_json(n), to_json(x), to_jsonb(a), row_to_json(a) FROM a", "!?!!"),
    Case(f"SELECT to_jsonb(b), row_to_json(b), json_build_object('b', b) FROM {_AB}", "??!"),
    Case(f"SELECT to_jsonb(b) FROM {_AB} WHERE b.id IS NOT NULL", "!"),
    Case("SELECT json_agg(n), COALESCE(json_agg(n), '[]') FROM a", "?!", ONE),
    Case(
        "SELECT JSON_OBJECT('k': x), JSON_ARRAY(x), JSON_OBJECT('k': x ABSENT ON NULL) FROM a",
        "!!!",
        MANY,
    ),
    Case("SELECT JSON_OBJECTAGG(t: n), JSON_ARRAYAGG(n) FROM a", "??", ONE),
    Case("SELECT n, JSON_ARRAYAGG(t), JSON_ARRAYAGG(x) FROM a GROUP BY n", "!??"),
    Case("SELECT JSON_ARRAY(SELECT n FROM a WHERE false)", "?", ONE),
    Case(
        "SELECT JSON_SCALAR(n), JSON_SCALAR(x), JSON('{}'), JSON_SERIALIZE('{}') FROM a",
        "!???",
        since=17,
    ),
    Case("SELECT t IS JSON, s IS JSON OBJECT FROM a", "??", MANY),
    Case("SELECT json_object('{a, 1}'), json_strip_nulls(j) FROM special", "??", MANY),
]
