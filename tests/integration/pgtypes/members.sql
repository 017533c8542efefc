-- Those who visit.

-- name: add_member(email, mood, kind, home, visits, settings)<!
-- Adds a member.
INSERT INTO types.members (email, mood, kind, home, visits, settings)
VALUES (:email, :mood, :kind, :home, :visits, :settings)
RETURNING id, email, mood, kind, home, visits, settings, nickname;

-- name: add_members(email, mood, kind, home, visits, settings)*!
-- Adds members through COPY.
-- @row NewMember
INSERT INTO types.members (email, mood, kind, home, visits, settings)
VALUES (:email, :mood, :kind, :home, :visits, :settings);

-- name: whole_members()
-- Returns members as values of their table's row type.
-- @row WholeMember
SELECT member, member.id AS number FROM types.members AS member ORDER BY member.id;

-- name: whole_pairs()
-- Returns each member beside the one after it, if there is one.
-- @row WholePair
SELECT one, other
FROM types.members AS one
LEFT JOIN types.members AS other ON other.id = one.id + 1
ORDER BY one.id;

-- name: gathered_members()$
-- Returns all members in one array.
SELECT array_agg(member ORDER BY member.id) AS members FROM types.members AS member;

-- name: members_at(places)
-- Returns the members who live at one of some places.
-- @row MemberAt
SELECT id, (home).name AS place_name FROM types.members
WHERE home = ANY (:places::types.place[])
ORDER BY id;

-- name: members_as_json()
-- Returns members as documents.
-- @row MemberDocument
SELECT
    json_build_object(
        'id', id, 'email', email, 'mood', mood, 'kind', kind, 'home', home, 'visits', visits
    ) AS document
FROM types.members
ORDER BY id;

-- name: scalars_as_json(real_number, moment, day, amount, length)$
-- Returns values inside a document.
SELECT
    jsonb_build_object(
        'real_number', :real_number::double precision,
        'moment', :moment::timestamptz,
        'day', :day::date,
        'amount', :amount::numeric,
        'length', :length::interval,
        'picture', '\x00ff'::bytea,
        'number', '6f1d5c5e-0000-4000-8000-000000000000'::uuid,
        'clock', '12:34:56.789'::time,
        'zoned', '12:34:56+02'::timetz,
        'naive', '2026-01-02 03:04:05'::timestamp,
        'address', '10.0.0.1'::inet,
        'object_id', 26::oid,
        'bits', '101'::bit(3),
        'span', int4range(1, 5),
        'grid', ARRAY[1, NULL],
        'price', '12.34'::numeric::money,
        'spot', point(1, 2)
    ) AS document;
