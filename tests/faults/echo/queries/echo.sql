-- name: answer(question, seconds)^
-- The question, and in whose name it was asked.
SELECT
    :question AS question,
    current_setting('echo.caller', true) AS caller,
    pg_backend_pid() AS session,
    pg_sleep(:seconds) IS NULL AS slept;

-- name: answers(question, count)
-- The question, as often as it is wanted.
SELECT :question AS question, n AS number FROM generate_series(1, :count) AS n;

-- name: mark(question)$
-- Writes the question down, and returns it.
INSERT INTO marks (question) VALUES (:question) RETURNING question;
