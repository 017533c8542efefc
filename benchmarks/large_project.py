"""A synthetic project: 40 times the ten queries that an aggregate usually has, over two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """\
[tool.pgrepo.domains.large]
sql = "sql"
queries = "queries"
output = "large"
hot = [{hot}]
"""

SCHEMA = """\
CREATE SCHEMA large;
"""

TABLES = """\
CREATE TABLE large.{name}s (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner_id uuid NOT NULL,
    title text NOT NULL,
    note text,
    status text DEFAULT 'draft' NOT NULL,
    amount numeric(12, 2) DEFAULT 0 NOT NULL,
    settings jsonb DEFAULT '{{}}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT {name}s_pkey PRIMARY KEY (id),
    CONSTRAINT {name}s_status_check CHECK (status IN ('draft', 'open', 'done'))
);

CREATE INDEX {name}s_owner_id_created_at_idx
    ON large.{name}s (owner_id, created_at DESC, id DESC);

CREATE INDEX {name}s_status_created_at_idx
    ON large.{name}s (status, created_at, id)
    WHERE deleted_at IS NULL;

CREATE TABLE large.{name}_lines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    {name}_id uuid NOT NULL,
    position integer NOT NULL,
    text text NOT NULL,
    CONSTRAINT {name}_lines_pkey PRIMARY KEY (id),
    CONSTRAINT {name}_lines_position_key UNIQUE ({name}_id, position),
    CONSTRAINT {name}_lines_{name}_id_fkey FOREIGN KEY ({name}_id)
        REFERENCES large.{name}s (id) ON DELETE CASCADE
);
"""

COLUMNS = ("id", "owner_id", "title", "note", "status", "amount", "settings", "created_at")

QUERIES = """\
-- All about {name}s.

-- name: create_{name}(owner_id, title, note, amount)<!
-- Creates one and returns it.
-- @param note = None
INSERT INTO large.{name}s AS item (owner_id, title, note, amount)
VALUES (:owner_id, :title, :note, :amount)
RETURNING {columns};

-- name: {name}_by_id({name}_id)^
-- Returns one.
SELECT {columns}
FROM large.{name}s AS item
WHERE item.id = :{name}_id AND item.deleted_at IS NULL;

-- name: {name}s_page(owner_id, before_created_at, before_id, limit)
-- Returns a page, newest first.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 20
SELECT {columns}
FROM large.{name}s AS item
WHERE
    item.owner_id = :owner_id
    AND (item.created_at, item.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY item.created_at DESC, item.id DESC
LIMIT :limit;

-- name: {name}s_by_status(status, limit)
-- Returns the oldest of a status, with how many lines each has.
-- @param limit = 20
WITH page AS (
    SELECT {columns}
    FROM large.{name}s AS item
    WHERE item.status = :status AND item.deleted_at IS NULL
    ORDER BY item.created_at, item.id
    LIMIT :limit
)
SELECT page.id, page.title, page.created_at, counted.lines, counted.last_position
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, max(line.position) AS last_position
    FROM large.{name}_lines AS line
    WHERE line.{name}_id = page.id
) AS counted
ORDER BY page.created_at, page.id;

-- name: {name}_with_lines({name}_id)^
-- Returns one with all its lines.
SELECT {columns}, inside.lines
FROM large.{name}s AS item
CROSS JOIN LATERAL (
    SELECT
        COALESCE(
            json_agg(
                json_build_object('id', line.id, 'position', line.position, 'text', line.text)
                ORDER BY line.position
            ),
            '[]'
        ) AS lines
    FROM large.{name}_lines AS line
    WHERE line.{name}_id = item.id
) AS inside
WHERE item.id = :{name}_id AND item.deleted_at IS NULL;

-- name: {name}_totals(owner_id)^
-- Returns what an owner has.
SELECT
    count(*) AS total,
    COALESCE(sum(item.amount), 0) AS amount,
    max(item.created_at) AS last_created_at
FROM large.{name}s AS item
WHERE item.owner_id = :owner_id AND item.deleted_at IS NULL;

-- name: update_{name}({name}_id, title, note, amount)<!
-- Changes the given fields and returns the result.
-- @param title = None
-- @param note = None
-- @param amount = None
UPDATE large.{name}s AS item
SET
    title = COALESCE(:title, item.title),
    note = COALESCE(:note, item.note),
    amount = COALESCE(:amount, item.amount)
WHERE item.id = :{name}_id AND item.deleted_at IS NULL
RETURNING {columns};

-- name: delete_{name}({name}_id)!
-- Hides one.
UPDATE large.{name}s AS item
SET deleted_at = now()
WHERE item.id = :{name}_id AND item.deleted_at IS NULL;

-- name: add_{name}_lines({name}_id, position, text)*!
-- Adds many lines at once.
INSERT INTO large.{name}_lines ({name}_id, position, text)
VALUES (:{name}_id, :position, :text);

-- name: {name}_lines({name}_id, after_position, limit)
-- Returns a page of lines, in order.
-- @param after_position = -1
-- @param limit = 100
SELECT line.id, line.position, line.text, item.title
FROM large.{name}_lines AS line
INNER JOIN large.{name}s AS item ON item.id = line.{name}_id
WHERE line.{name}_id = :{name}_id AND line.position > :after_position
ORDER BY line.position
LIMIT :limit;
"""


def write_project(root: Path, aggregates: int) -> None:
    """Writes the synthetic project: ten queries and two tables an aggregate."""
    names = [f"thing_{number:03}" for number in range(aggregates)]
    columns = ", ".join(f"item.{column}" for column in COLUMNS)
    for directory in ("sql", "queries"):
        (root / directory).mkdir()
    hot = ", ".join(f'"{name}s", "{name}_lines"' for name in names)
    (root / "pyproject.toml").write_text(PYPROJECT.format(hot=hot))
    schema = SCHEMA + "".join(TABLES.format(name=name) for name in names)
    (root / "sql" / "V001__large.sql").write_text(schema)
    for name in names:
        text = QUERIES.format(name=name, columns=columns)
        (root / "queries" / f"{name}.sql").write_text(text)
