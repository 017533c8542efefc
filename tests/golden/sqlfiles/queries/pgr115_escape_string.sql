-- name: quote(a)
SELECT E'it\'s', :a, 'b';

-- name: continued(a)
SELECT E'one'
    'it\'s', :a;

-- name: good(a)
SELECT E'\n', E'\\', :a;
