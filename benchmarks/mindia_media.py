"""mindia: is the cost of the feed flat as a tenant keeps more and more?

media_page, fifty rows, in the scope of a tenant, as the role that is held to policies: the first
page, one from the middle, and the first of one kind. Ten tenants in databases where each keeps 400,
4,000 and 40,000 files, a quarter of each kind. Target for each: the largest costs at most 1.5 times
what the smallest does.

    python benchmarks/mindia_media.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import sys
from typing import Any, LiteralString

import growth
import harness
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries

FILES = (100, 1_000, 10_000)  # of a kind, that each tenant keeps
LIMIT = 50
TENANT: LiteralString = "md5('tenant 3')::uuid"

TENANTS: LiteralString = """
INSERT INTO mindia.tenants (id, name, s3_bucket, s3_region)
SELECT md5('tenant ' || n)::uuid, 'Tenant', 'bucket-' || n, 'eu' FROM generate_series(1, 10) AS n
"""
MEDIA = """
INSERT INTO mindia.{table} (tenant_id, filename, s3_key, file_size, uploaded_at {columns})
SELECT
    md5('tenant ' || n)::uuid, f || '.bin', 'files/' || f, f,
    timestamptz '2026-01-01 00:00:00+00' + f * interval '1 minute' + {place} * interval '10 s'
    {values}
FROM generate_series(1, {files}) AS f
CROSS JOIN generate_series(1, 10) AS n
"""
IMAGE = (", original_filename, s3_url, content_type", ", 'a.jpg', 'https://a', 'image/jpeg'")
TABLES = {"images": IMAGE, "videos": ("", ""), "audios": ("", ""), "documents": ("", "")}


def build(url: str, files: int) -> str:
    """A database where each tenant keeps so many files of each kind; its URL in a scope."""
    built = harness.database(url, f"media_{files}", "mindia")
    with psycopg.connect(built, autocommit=True) as connection:
        connection.execute(TENANTS)
        for place, (table, (columns, values)) in enumerate(TABLES.items()):
            text = MEDIA.format(
                table=table, columns=columns, values=values, place=place, files=files
            )
            connection.execute(text.encode())
        connection.execute("VACUUM (ANALYZE)")
        row = connection.execute(sql.SQL("SELECT {}").format(sql.SQL(TENANT))).fetchone()
        assert row is not None
    return make_conninfo(built, options=f"-c role=mindia_app -c mindia.tenant_id={row[0]}")


def middle(url: str, files: int) -> dict[str, list[Any]]:
    """After which file the page begins that is half way through."""
    [row] = harness.rows(
        url,
        "SELECT tenant_id, uploaded_at, id FROM mindia.videos"
        " ORDER BY uploaded_at DESC OFFSET %s LIMIT 1",
        files // 2,
    )
    return {
        "tenant_id": [row[0]],
        "before_uploaded_at": [row[1]],
        "before_id": [row[2]],
        "before_kind": ["video"],
        "limit": [LIMIT],
    }


def heats(url: str) -> dict[str, list[growth.Contestant]]:
    """Each page in databases of three sizes."""
    query = load_queries(shipped_domain("mindia").queries)["media_page"]
    found: dict[str, list[growth.Contestant]] = {}
    for files in FILES:
        scope = build(url, files)
        later = middle(scope, files)
        first = {name: [None] for name in later} | {
            "tenant_id": later["tenant_id"],
            "limit": [LIMIT],
        }
        pages = {"": first, ", later": later, ", one kind": first | {"kind": ["audio"]}}
        for page, given in pages.items():
            name = f"media_page{page}"
            entrant = growth.enter(f"{name}, {files} files", scope, query, None, LIMIT, **given)
            found.setdefault(name, []).append(entrant)
    return found


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with harness.server() as url:
        return growth.report(options, heats(url))


if __name__ == "__main__":
    sys.exit(main())
