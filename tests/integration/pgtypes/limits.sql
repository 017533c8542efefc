-- Values that Python may have no equal for.

-- name: as_date(value)$
-- Returns a date.
SELECT :value::text::date AS value;

-- name: as_timestamp(value)$
-- Returns a timestamp.
SELECT :value::text::timestamp AS value;

-- name: as_timestamptz(value)$
-- Returns a timestamp.
SELECT :value::text::timestamptz AS value;

-- name: as_time(value)$
-- Returns a time.
SELECT :value::text::time AS value;

-- name: as_interval(value)$
-- Returns an interval.
SELECT :value::text::interval AS value;

-- name: as_dates(value)$
-- Returns an array.
SELECT :value::text::date[] AS value;

-- name: as_days(value)$
-- Returns a range.
SELECT :value::text::daterange AS value;

-- name: as_place(value)$
-- Returns a composite value.
SELECT :value::text::types.place AS value;

-- name: as_integers(value)$
-- Returns an array.
SELECT :value::text::integer[] AS value;

-- name: as_positives(value)$
-- Returns an array of a domain.
SELECT :value::text::types.positive[] AS value;

-- name: some_days(value)
-- Returns a day beside another.
SELECT DATE '2026-01-02' AS first_day, :value::text::date AS last_day;
