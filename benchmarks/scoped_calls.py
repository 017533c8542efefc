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

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, Self
from uuid import UUID

import psycopg
from flat import pin, save
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from pgrepo import Database, embedded
from pgrepo.runtime import Domain, QueryLibrary, Repository, Scope, Source, Statement
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = {"loopback": 0.65, "delay": 1.3}
ONE_WAY = 0.0005  # seconds: half of the delay of a round trip
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


def interleaved(
    contestants: dict[str, Callable[[], object]], rounds: int, calls: int
) -> dict[str, float]:
    """The median of each contestant's turns, µs a call; the first three warm up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 3):
        for name, run in contestants.items():
            started = time.perf_counter()
            for _ in range(calls):
                run()
            if turn >= 3:
                times[name].append((time.perf_counter() - started) / calls * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def loopback(url: str, rounds: int) -> dict[str, float]:
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
        contestants: dict[str, Callable[[], object]] = {
            "loopback: pgrepo, scoped": scoped,
            "loopback: psycopg, by hand": by_hand,
            "loopback: pgrepo, no scope": unscoped,
        }
        return interleaved(contestants, rounds, 50)


def delayed(url: str, rounds: int) -> dict[str, float]:
    """Question 2."""
    parameters = conninfo_to_dict(url)
    socket = f"{parameters['host']}/.s.PGSQL.{parameters.get('port', 5432)}"
    receiver, sender = multiprocessing.Pipe(duplex=False)
    proxy = multiprocessing.get_context("spawn").Process(
        target=serve, args=(socket, sender), daemon=True
    )
    proxy.start()
    try:
        far = make_conninfo(url, host="127.0.0.1", port=receiver.recv())
        tenant = UUID(f"{1:032d}")
        with Database(far, min_size=1, max_size=1) as database:
            media = Media(database)
            contestants: dict[str, Callable[[], object]] = {
                "delay: pgrepo, scoped": lambda: media.for_tenant(tenant).images.image_by_id(id=1),
                "delay: pgrepo, no scope": lambda: media.images.image_by_id(id=1),
            }
            return interleaved(contestants, rounds, 20)
    finally:
        proxy.terminate()
        proxy.join()


def serve(socket: str, port: Any) -> None:
    """Runs the proxy; tells its port."""
    asyncio.run(_serve(socket, port))


async def _serve(socket: str, port: Any) -> None:
    async def accept(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        server, ask = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_forward(client, ask), _forward(server, answer))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    port.send(listener.sockets[0].getsockname()[1])
    await listener.serve_forever()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes each piece on a little later, without holding up those behind it."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(ONE_WAY, writer.write, data)
    loop.call_later(ONE_WAY, writer.close)


def report(medians: dict[str, float]) -> dict[str, Any]:
    """Prints the table and the ratios; returns them."""
    print(f"{'contestant':<40}{'µs':>10}")
    for name, median in medians.items():
        print(f"{name:<40}{median:>10.1f}")
    print()
    rivals = {"loopback": "loopback: psycopg, by hand", "delay": "delay: pgrepo, no scope"}
    ratios = {}
    for question, rival in rivals.items():
        ratio = medians[f"{question}: pgrepo, scoped"] / medians[rival]
        at_most = TARGETS[question]
        print(f"{question:<10}scoped / {rival:<32}{ratio:.2f}  (target: at most {at_most})")
        ratios[question] = {"ratio": ratio, "at_most": at_most, "met": ratio <= at_most}
    return ratios


def main() -> int:
    """Builds, measures, reports."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="turns of each contestant")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory:
        data_dir = Path(directory, "pg")
        try:
            url = embedded.dsn(data_dir)
            postmaster = embedded.status(data_dir).pid
            assert postmaster is not None
            with psycopg.connect(url, autocommit=True) as connection:
                for step in SCHEMA:
                    connection.execute(step)
                version = connection.info.server_version
            declare(Path(directory))
            login = make_conninfo(url, user="media_login")
            medians = delayed(login, options.rounds)
            core = pin(postmaster)
            medians = loopback(login, options.rounds) | medians
        finally:
            embedded.stop(data_dir)
    print(f"PostgreSQL {version // 10000}.{version % 10000}, core {core}\n")
    ratios = report(medians)
    if options.json:
        save(options.json, version, options.rounds, median_us=medians, ratios=ratios)
    met = all(ratio["met"] for ratio in ratios.values())
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
