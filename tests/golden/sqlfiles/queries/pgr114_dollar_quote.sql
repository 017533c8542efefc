-- name: apostrophe(a)
SELECT $$it's$$, :a, 'b';

-- name: word()
SELECT $tag$ a :word $tag$;

-- name: comment()
SELECT $$ a /* b */ c $$;

-- name: line()
SELECT $$
-- gone
$$;

-- name: good(a)
SELECT $$plain$$, :a;
