-- name: after_quote(a)
SELECT 'x':a;

-- name: white_space_at_line_end()
SELECT 'one  
two';

-- name: form_feed_in_comment()
SELECT 1 -- onetwo
;

-- name: line_separator_in_string()
SELECT 'one two';

-- name: two_in_a_row(a, b)
SELECT :a:b;

-- name: good()
SELECT 1;
