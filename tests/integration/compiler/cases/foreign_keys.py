"""Outer joins along foreign keys, which find their row or may not."""

from __future__ import annotations

from .case import MANY, Case, write

_JOINED = "pointing AS p LEFT JOIN a ON a.id = p.a_id"

CASES = [
    # The key from a NOT NULL column to the whole table finds its row
    Case(f"SELECT a.n, a.x FROM {_JOINED}", "!?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON p.a_id = a.id", "!"),
    Case("SELECT a.n, p.id FROM a RIGHT JOIN pointing AS p ON p.a_id = a.id", "!!"),
    Case("SELECT s.n FROM pointing AS p LEFT JOIN split AS s ON s.id = p.split_id", "!"),
    Case("SELECT o.r FROM pointing AS i LEFT JOIN pairs AS o ON o.p = i.p AND o.q = i.q", "!"),
    Case(f"SELECT w.n FROM (SELECT a.n FROM {_JOINED}) AS w", "!"),
    Case(f"SELECT count(a.id), max(a.n) FROM {_JOINED} GROUP BY p.id", "!!"),
    Case(f"SELECT to_jsonb(a), a FROM {_JOINED}", "!!"),
    Case(f"SELECT p.id, json_agg(a) FROM {_JOINED} GROUP BY p.id", "!!"),
    # ... not where the join asks for more, less or something else
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.id = p.a_id AND a.n = 1", "?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.id = p.a_id AND p.id = 1", "?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.id = p.id", "?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.n = p.a_id", "?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.id > p.a_id", "?"),
    Case("SELECT o.r FROM pointing AS i LEFT JOIN pairs AS o USING (p, q)", "!"),
    Case("SELECT o.r FROM pointing AS i LEFT JOIN pairs AS o USING (p)", "?"),
    Case("SELECT o.r FROM pointing AS i LEFT JOIN pairs AS o ON o.p = i.q AND o.q = i.p", "?"),
    Case("SELECT p.id FROM pointing AS p RIGHT JOIN a ON a.id = p.a_id", "?"),
    Case("SELECT p.id, a.n FROM pointing AS p FULL JOIN a ON a.id = p.a_id", "?!"),
    Case("SELECT b.id FROM a LEFT JOIN b ON b.a_id = a.id", "?"),
    # ... or the table shows not all its rows
    Case("SELECT s.n FROM pointing AS p LEFT JOIN split_low AS s ON s.id = p.split_id", "?"),
    Case("SELECT s.n FROM pointing AS p LEFT JOIN ONLY split AS s ON s.id = p.split_id", "?"),
    Case("SELECT v.n FROM pointing AS p LEFT JOIN plain_view AS v ON v.id = p.a_id", "?"),
    Case("SELECT h.n FROM pointing AS p LEFT JOIN hidden AS h ON h.id = p.hidden_id", "?"),
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a TABLESAMPLE system (0) ON a.id = p.a_id", "?"),
    Case("SELECT w.n FROM pointing AS p LEFT JOIN (SELECT * FROM a) AS w ON w.id = p.a_id", "?"),
    # ... or the key is late, not validated, or of a column that may be NULL
    Case("SELECT a.n FROM pointing AS p LEFT JOIN a ON a.id = p.late_id", "?"),
    Case("SELECT a.n FROM unchecked AS u LEFT JOIN a ON a.id = u.a_id", "?"),
    Case("SELECT a.n FROM b LEFT JOIN a ON a.id = b.a_id", "?"),
    Case("SELECT a.n FROM b LEFT JOIN a ON a.id = b.a_id WHERE b.a_id IS NOT NULL", "!"),
    Case("SELECT a.n FROM b LEFT JOIN a ON a.id = b.a_id WHERE b.x > 0", "?"),
    # ... or the referencing row itself is not there
    Case(f"SELECT a.n FROM b LEFT JOIN ({_JOINED}) ON p.id = b.x", "?"),
    Case(f"SELECT a.n FROM b LEFT JOIN ({_JOINED}) ON p.id = b.x WHERE p.id > 0", "!"),
    Case(
        "SELECT a.n FROM b LEFT JOIN pointing AS p ON p.id = b.x LEFT JOIN a ON a.id = p.a_id", "?"
    ),
    Case(
        "SELECT a.n FROM b LEFT JOIN pointing AS p ON p.id = b.x LEFT JOIN a ON a.id = p.a_id "
        "WHERE p.id IS NOT NULL",
        "!",
    ),
    # ... or may have changed since
    Case(f"SELECT a.n FROM {_JOINED} FOR UPDATE OF p", "?", MANY, reads=False),
    write(
        "DELETE FROM pointing AS q USING pointing AS p LEFT JOIN a ON a.id = p.a_id "
        "WHERE q.id = p.id RETURNING a.n",
        "?",
    ),
]
