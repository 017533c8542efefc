-- One of each sort of type that is made of others.

CREATE SCHEMA types;
COMMENT ON SCHEMA types IS 'Values of every type.';

CREATE TYPE types.mood AS ENUM ('calm', 'it''s "odd"', 'ü');

CREATE DOMAIN types.email AS text CONSTRAINT email_check CHECK (value LIKE '%@%');
CREATE DOMAIN types.positive AS integer CONSTRAINT positive_check CHECK (value > 0);
CREATE DOMAIN types.moment AS timestamptz;
CREATE DOMAIN types.document AS jsonb;
CREATE DOMAIN types.tags AS text [];
CREATE DOMAIN types.temper AS types.mood;
CREATE DOMAIN types.small_positive AS types.positive CONSTRAINT small_check CHECK (value < 1000);

CREATE TYPE types.place AS (name text, height double precision, opened date);
COMMENT ON COLUMN types.place.height IS 'Metres above the sea.';
CREATE DOMAIN types.high_place AS types.place;

CREATE TYPE types.visit AS (
    number smallint,
    place types.place,
    mood types.mood,
    moods types.mood [],
    contact types.email,
    contacts types.email [],
    other_places types.place [],
    document jsonb,
    documents jsonb [],
    tags types.tags,
    long_ago daterange,
    picture bytea,
    price numeric
);
COMMENT ON TYPE types.visit IS 'A visit to a place.';

CREATE TYPE types.float_range AS RANGE (
    subtype = double precision, multirange_type_name = types.float_multirange
);
CREATE TYPE types.text_range AS RANGE (subtype = text);

CREATE TABLE types.members (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT members_pkey PRIMARY KEY,
    email types.email NOT NULL,
    mood types.mood NOT NULL,
    kind text NOT NULL CONSTRAINT members_kind_check CHECK (kind IN ('guest', 'host')),
    home types.place,
    visits types.visit [] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    nickname text
);
COMMENT ON TABLE types.members IS 'Those who visit.';
COMMENT ON COLUMN types.members.email IS 'Where to write to';
