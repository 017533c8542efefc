-- Authors, what they wrote, and who read it.

CREATE SCHEMA shelf;

CREATE TYPE shelf.genre AS ENUM ('crime', 'science');

CREATE DOMAIN shelf.isbn AS text;

CREATE TYPE shelf.place AS (shelf text, number integer);

CREATE TABLE shelf.authors (
    id bigint NOT NULL,
    name text NOT NULL,
    country text,
    born_at time with time zone NOT NULL,
    CONSTRAINT authors_pkey PRIMARY KEY (id),
    CONSTRAINT authors_name_key UNIQUE (name),
    CONSTRAINT authors_country_name_key UNIQUE (country, name),
    CONSTRAINT authors_born_at_key UNIQUE (born_at)
);

CREATE TABLE shelf.biographies (
    author_id bigint NOT NULL,
    body text NOT NULL,
    CONSTRAINT biographies_pkey PRIMARY KEY (author_id),
    CONSTRAINT biographies_author_id_fkey FOREIGN KEY (author_id) REFERENCES shelf.authors (id)
);

CREATE TABLE shelf.books (
    isbn shelf.isbn NOT NULL,
    author_id bigint NOT NULL,
    genre shelf.genre,
    title text NOT NULL,
    year integer NOT NULL,
    tags text[] NOT NULL,
    document jsonb NOT NULL,
    place shelf.place,
    CONSTRAINT books_pkey PRIMARY KEY (isbn),
    CONSTRAINT books_author_id_fkey FOREIGN KEY (author_id) REFERENCES shelf.authors (id)
);

CREATE INDEX books_author_id_idx ON shelf.books (author_id, year, isbn);

CREATE UNIQUE INDEX books_title_idx ON shelf.books (title) WHERE year > 2000;
