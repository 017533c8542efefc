-- name: recent_sessions
SELECT 1;

-- name: session_by_id^
SELECT :id;

-- name: add_message<!
INSERT INTO m.messages (text) VALUES (:text) RETURNING id;

-- name: good(a)
SELECT :a;
