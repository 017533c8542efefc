-- name: drops_a_parameter(user_id, vibe)
SELECT
    s.id, -- the user's own
    s.vibe
FROM m.sessions AS s
WHERE s.user_id = :user_id AND s.vibe = 'x' || :vibe || 'y';

-- name: quotation_mark(a, b)
SELECT :a, -- 5" wide
    :b AS "b";

-- name: two_comments(a, b, c)
SELECT :a, -- it's
    :b, -- isn't
    :c;

-- name: good(a)
-- It's the user's own.
SELECT :a
-- don't worry
;
