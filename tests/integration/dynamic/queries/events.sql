-- Events, searched and changed in many ways.

-- name: search_events(owner_id, kind, low, high, label, since, limit)
-- Returns the events that match everything that is given.
-- @order_by soonest: starts, id
-- @order_by latest: event.starts DESC, event.id DESC
-- @order_by highest: level DESC NULLS LAST, id
-- @param limit = 1000
SELECT
    event.id,
    event.owner_id,
    event.kind,
    event.level,
    event.starts
FROM lab.events AS event
WHERE
    event.owner_id = :owner_id  -- @optional
    AND event.kind = :kind  -- @optional
    AND event.level BETWEEN :low AND :high  -- @optional
    AND EXISTS (
        SELECT 1
        FROM lab.labels AS label
        WHERE
            label.event_id = event.id
            AND label.label = :label
    )  -- @optional
    AND event.starts >= :since  -- @optional
ORDER BY starts, id
LIMIT :limit;

-- name: events_at(moment, owner_id)
-- Returns the events that are on at a moment.
SELECT event.id
FROM lab.events AS event
WHERE
    event.starts <= :moment  -- @optional
    AND event.owner_id = :owner_id
    AND event.ends > :moment  -- @optional
ORDER BY event.id;

-- name: remarkable_events(kind, level, owner_id)
-- Returns an owner's events of a kind or of at least a level.
SELECT event.id
FROM lab.events AS event
WHERE
    event.owner_id = :owner_id
    AND (
        event.kind = :kind  -- @optional
        OR event.level >= :level  -- @optional
    )
ORDER BY event.id;

-- name: events_with_owner(country, name)
-- Returns all events; with their owner, if it is of a country.
SELECT
    event.id,
    owner.name,
    owner.country,
    json_build_object('name', owner.name) AS card
FROM lab.events AS event
LEFT JOIN lab.owners AS owner
    ON owner.id = event.owner_id
    AND owner.country = :country  -- @optional
WHERE owner.name = :name  -- @optional
ORDER BY event.id;

-- name: busy_owners(kind, more_than, name)
-- Returns the number of events of owners who have many.
WITH counted AS (
    SELECT
        event.owner_id,
        count(*) AS events
    FROM lab.events AS event
    WHERE event.kind = :kind  -- @optional
    GROUP BY event.owner_id
    HAVING
        count(*) > :more_than  -- @optional
)
SELECT
    owner.name,
    counted.events
FROM counted
INNER JOIN lab.owners AS owner
    ON owner.id = counted.owner_id
    AND owner.name LIKE :name  -- @optional
ORDER BY owner.name;

-- name: event_nearest_to(level, kind)^
-- Returns the event whose level is nearest to another.
-- @order_by nearest: abs(event.level - :level), event.id
-- @order_by above: event.level < :level, event.level, event.id
SELECT
    event.id,
    event.level
FROM lab.events AS event
WHERE
    event.level - :level < 1000
    AND event.kind = :kind  -- @optional
ORDER BY abs(event.level - :level), event.id
LIMIT 1;

-- name: count_events(kind)$
-- Returns how many events there are.
SELECT count(*)
FROM lab.events
WHERE kind = :kind;  -- @optional

-- name: owner_name(owner_id)$
-- Returns an owner's name; nothing of it is optional.
SELECT name
FROM lab.owners
WHERE id = :owner_id;

-- name: update_event(event_id, kind, level, note)<!
-- Changes the given fields of an event.
UPDATE lab.events AS event
SET
    kind = :kind,  -- @optional
    level = :level,  -- @optional
    note = :note  -- @optional
WHERE event.id = :event_id
RETURNING
    event.id,
    event.kind,
    event.level,
    event.note;

-- name: move_event(event_id, starts, ends, note)!
-- Moves an event; its times go together.
UPDATE lab.events
SET
    (starts, ends) = (:starts, :ends),  -- @optional
    note = :note  -- @optional
WHERE id = :event_id;

-- name: put_event(event_id, owner_id, level, note, label)<!
-- Creates an event, or changes what is given of the one that is there.
INSERT INTO lab.events AS event (id, owner_id, kind, starts, ends)
VALUES (:event_id, :owner_id, 'talk', 0, 1)
ON CONFLICT (id) DO UPDATE
SET
    owner_id = excluded.owner_id,
    level = :level,  -- @optional
    note = :note  -- @optional
WHERE event.kind = :label  -- @optional
RETURNING event.id, event.owner_id, event.level, event.note;
