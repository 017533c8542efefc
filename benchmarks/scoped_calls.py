"""A call in a scope: what do the role and the tenant's setting cost?

Two questions, answered with ratios of medians from one run:

1. loopback: a typed read in a scope, beside the same by hand through psycopg's pool in five round
   trips (BEGIN, SET LOCAL ROLE, SET LOCAL, the query, COMMIT). Server and client share one core.
   Target: at most 0.65 times its time.
2. delay: the same call beside one without a scope, through a proxy that makes every round trip
   1 ms longer. Target: at most 1.3 times its time, as both are one round trip.

    python benchmarks/scoped_calls.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, LiteralString, Self
from uuid import UUID

import harness
import psycopg
from delay import delayed
from harness import interleaved, repeated
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool
from results import Work

from pgrepo import Database
from pgrepo.runtime import Domain, QueryLibrary, Repository, Scope, Source, Statement
from pgrepo.sqlfiles.library import load_queries

NEAR_AT_MOST, FAR_AT_MOST = 0.65, 1.3
TENANTS = 100

SCHEMA: tuple[LiteralString, ...] = (
    "CREATE ROLE media_app NOLOGIN",
    "CREATE ROLE media_login LOGIN NOINHERIT",
    "GRANT media_app TO media_login",
    "CREATE SCHEMA media",
    """
    CREATE TABLE media.images (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        title text NOT NULL,
        bytes bigint NOT NULL,
        uploaded_at timestamptz NOT NULL,
        CONSTRAINT images_pkey PRIMARY KEY (tenant_id, id)
    )
    """,
    "ALTER TABLE media.images ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY images_tenant ON media.images
        USING (tenant_id = nullif(current_setting('media.tenant_id', true), '')::uuid)
    """,
    """
    INSERT INTO media.images
    SELECT ('00000000-0000-0000-0000-' || lpad(tenant::text, 12, '0'))::uuid, image,
        'image ' || image, image * 1000, now()
    FROM generate_series(1, 100) AS tenant, generate_series(1, 200) AS image
    """,
    "GRANT USAGE ON SCHEMA media TO media_app, media_login",
    "GRANT SELECT ON media.images TO media_app, media_login",
    "VACUUM ANALYZE media.images",
)
QUERY: LiteralString = (
    "SELECT tenant_id, id, title, bytes, uploaded_at FROM media.images WHERE id = %s"
)


@dataclass(slots=True)
class Image:
    """A row of media.images."""

    tenant_id: UUID
    id: int
    title: str
    bytes: int
    uploaded_at: Any


class Images(Repository):
    """What `pgrepo generate` writes for QUERY."""

    by_id: Statement[Image]

    def image_by_id(self, *, id: int) -> Image | None:
        """Returns an image."""
        return self._first(self.by_id, id)


class Media(Domain):
    """The domain."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, self.queries)
        self.images = Images(self)

    queries: QueryLibrary

    def for_tenant(self, tenant_id: UUID) -> Self:
        """Returns this domain for one tenant."""
        return self._scoped(TENANT, tenant_id)


TENANT = Scope("tenant", role="media_app", settings=(("media.tenant_id", "uuid"),))


def declare(directory: Path) -> None:
    """Writes the query file, and makes the statement as the generator would."""
    queries = directory / "queries"
    queries.mkdir()
    text = QUERY.replace("%s", ":id")
    (queries / "images.sql").write_text(f"-- name: image_by_id(id)^\n{text};\n")
    fingerprint = load_queries(queries)["image_by_id"].fingerprint
    Images.by_id = Statement("image_by_id", fingerprint, types=(20,), row=Image, read_only=True)
    Media.queries = QueryLibrary("media", str(directory / "media.py"), "queries")


def loopback(url: str, rounds: int) -> Work:
    """Question 1."""
    tenants, ids = (
        cycle([UUID(f"{number:032d}") for number in range(1, TENANTS + 1)]),
        cycle(range(1, 201)),
    )
    with (
        Database(url, min_size=1, max_size=4) as database,
        ConnectionPool(url, min_size=1, max_size=4, kwargs={"autocommit": True}, open=True) as pool,
    ):
        media = Media(database)

        def scoped() -> Image | None:
            return media.for_tenant(next(tenants)).images.image_by_id(id=next(ids))

        def by_hand() -> Image | None:
            set_tenant = sql.SQL("SET LOCAL media.tenant_id = {}").format(str(next(tenants)))
            with pool.connection() as connection, connection.transaction():
                connection.execute("SET LOCAL ROLE media_app")
                connection.execute(set_tenant)
                with connection.cursor(row_factory=class_row(Image)) as cursor:
                    return cursor.execute(QUERY, (next(ids),)).fetchone()

        def unscoped() -> Image | None:
            return media.images.image_by_id(id=next(ids))

        assert scoped() is not None
        assert by_hand() is not None
        assert unscoped() is None
        contestants = {
            "pgrepo, scoped": repeated(scoped),
            "psycopg by hand, five round trips": repeated(by_hand),
            "pgrepo, no scope": repeated(unscoped),
        }
        medians = interleaved(contestants, rounds, 50)
    return Work("a call in a scope, loopback", "µs a call", medians)


def far_away(url: str, rounds: int) -> Work:
    """Question 2."""
    tenant = UUID(f"{1:032d}")
    with delayed(url) as far, Database(far, min_size=1, max_size=1) as database:
        media = Media(database)
        contestants = {
            "pgrepo, scoped": repeated(lambda: media.for_tenant(tenant).images.image_by_id(id=1)),
            "pgrepo, no scope": repeated(lambda: media.images.image_by_id(id=1)),
        }
        medians = interleaved(contestants, rounds, 20)
    return Work("a call in a scope, 1 ms of delay", "µs a call", medians)


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory,
        harness.unpinned_server() as (url, postmaster),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            for step in SCHEMA:
                connection.execute(step)
            version = connection.info.server_version
        declare(Path(directory))
        login = make_conninfo(url, user="media_login")
        # The proxy has a core of its own.
        far = far_away(login, options.rounds)
        harness.pin(postmaster)
        near = loopback(login, options.rounds)
    near.aim("pgrepo, scoped", {"psycopg by hand, five round trips": NEAR_AT_MOST})
    far.aim("pgrepo, scoped", {"pgrepo, no scope": FAR_AT_MOST})
    return harness.finish(options, version, [near, far])


if __name__ == "__main__":
    sys.exit(main())
