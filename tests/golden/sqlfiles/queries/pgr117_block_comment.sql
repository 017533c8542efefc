-- name: nested()
SELECT 1 /* one /* two */ three */;

-- name: glued()
SELECT/* one */2;

-- name: hint(a)
/*+ IndexScan(t :index) */
SELECT :a;

-- name: good(a)
/*+ SeqScan(t) */
SELECT 1 /* it's :fine */ + /* -- name: no() */ :a;
