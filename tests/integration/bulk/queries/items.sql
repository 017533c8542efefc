-- Items of a depot.

-- name: save_items(code, name, price, state, tags, attributes, mark)*!
-- Adds items, and changes those that are there.
INSERT INTO depot.items AS item (code, name, price, state, tags, attributes, mark, note, seen_at)
VALUES (
    :code,
    :name,
    coalesce(:price, 0.5),
    :state,
    :tags || ARRAY[upper(:name::varchar)],  -- the last tag
    :attributes,
    :mark,
    DEFAULT,
    now()
)
ON CONFLICT (code) DO UPDATE
SET name = excluded.name,
    price = excluded.price,
    tags = excluded.tags,
    attributes = excluded.attributes,
    mark = excluded.mark,
    writes = item.writes + 1
WHERE item.state <> 'lost';

-- name: add_missing_items(code, name)*!
-- Adds items that are not there.
INSERT INTO depot.items (code, name, price, state, tags, seen_at)
VALUES (:code, :name, 1, 'new', '{}', now())
ON CONFLICT DO NOTHING;

-- name: add_copies(code, source)*!
-- Adds items that are called as another one is.
INSERT INTO depot.items (code, name, price, state, tags, seen_at)
VALUES (:code, (SELECT name FROM depot.items WHERE code = :source), 1, 'new', '{}', now());

-- name: save_items_with_note(code, name, note)*!
-- Has a parameter outside of VALUES, so each row is a statement of its own.
INSERT INTO depot.items (code, name, price, state, tags, seen_at)
VALUES (:code, :name, 1, 'new', '{}', now())
ON CONFLICT (code) DO UPDATE SET note = :note;

-- name: save_secrets(owner, name, body)*!
-- Row-level security says whose.
INSERT INTO depot.secrets (owner, name, body)
VALUES (:owner, :name, :body)
ON CONFLICT (owner, name) DO UPDATE SET body = excluded.body;

-- name: add_secrets(owner, name, body)*!
-- A plain insert, and COPY cannot be.
INSERT INTO depot.secrets (owner, name, body) VALUES (:owner, :name, :body);

-- name: add_plain_items(code, name, price, state, tags, note, seen_at)*!
-- Goes by COPY.
INSERT INTO depot.items (code, name, price, state, tags, note, seen_at)
VALUES (:code, :name, :price, :state, :tags, :note, :seen_at);

-- name: all_items()
SELECT code, name, price, state, tags, attributes, mark, note, writes
FROM depot.items
ORDER BY code;

-- name: item_codes_in_order()
SELECT code FROM depot.items ORDER BY id;
