-- name: note(user_id)
SELECT s.id -- see :user_id and note:this
FROM m.sessions AS s
WHERE s.user_id = :user_id;

-- name: time_of_day()
SELECT 1 -- at 12:30
;

-- name: good(a)
-- Takes :b or c:d.
SELECT :a::text -- cast with ::text
;
