"""mindia: does search_embeddings find what comparing everything finds, and how fast?

100,000 embeddings of 768 dimensions and 50 tenants of very different sizes, as sql/mindia/load
makes them. Each tenant searches near what it has (a vector of its own, turned somewhat towards
another one) and for what others have (one of all vectors). Contestants, all as prepared statements
on the same rows:

* search_embeddings, as shipped;
* exact: every embedding of the tenant is compared;
* ivfflat: the reference schema's index, made on the empty table as there, and its one table.

Targets: recall@10 of at least 0.95 for every tenant; as many rows as wanted, or all there are.

    python benchmarks/mindia_search.py [--rounds 20] [--scale 1] [--check] [--json FILE]

Making the index takes minutes. `--dsn URL` names a database to do it in once: what lies there in
the schema mindia is measured as it is.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString, cast

import growth
import harness
import psycopg
from results import Target, Work

from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

RECALL_AT_LEAST = 0.95
WANTED = 10
LIMITS = (1, 10, 50, 400)
NAMES = ("search_embeddings", "exact", "ivfflat")
SHOWN = 8

SOME = b"AND picked.draw % 25 > 0"
REFERENCE: tuple[LiteralString, ...] = (
    "CREATE SCHEMA reference",
    "CREATE TABLE reference.embeddings (LIKE mindia.embeddings INCLUDING DEFAULTS)",
    "CREATE INDEX ON reference.embeddings USING ivfflat (embedding vector_cosine_ops)",
    "CREATE INDEX ON reference.embeddings (tenant_id)",
    "INSERT INTO reference.embeddings SELECT * FROM mindia.embeddings",
    "VACUUM ANALYZE mindia.embeddings",
    "VACUUM ANALYZE reference.embeddings",
)
# Adding nothing to the distance keeps every index on vectors out.
EXACT: LiteralString = """
SELECT embedding.id FROM mindia.embeddings AS embedding
WHERE embedding.tenant_id = $1
ORDER BY (embedding.embedding <=> $2::vector) + 0, embedding.id LIMIT $3
"""
IVFFLAT: LiteralString = """
SELECT embedding.id FROM reference.embeddings AS embedding
WHERE embedding.tenant_id = $1
ORDER BY embedding.embedding <=> $2::vector LIMIT $3
"""
TENANTS: LiteralString = """
SELECT embedding.tenant_id, count(*) FROM mindia.embeddings AS embedding
GROUP BY embedding.tenant_id ORDER BY count(*) DESC, embedding.tenant_id
"""
OWN, OTHERS = "near its own", "for another's"
PROBES: dict[str, LiteralString] = {
    OWN: """
SELECT (own.embedding + other.embedding * array_fill(0.35, ARRAY[768])::vector(768))::text
FROM (
    SELECT embedding, row_number() OVER (ORDER BY md5(entity_id::text)) AS number
    FROM mindia.embeddings WHERE tenant_id = %(tenant_id)s
    ORDER BY md5(entity_id::text) LIMIT %(queries)s
) AS own
INNER JOIN (
    SELECT embedding, row_number() OVER (ORDER BY id) AS number
    FROM mindia.embeddings TABLESAMPLE SYSTEM (1) REPEATABLE (7) LIMIT %(queries)s
) AS other USING (number)
""",
    OTHERS: """
SELECT embedding::text FROM mindia.embeddings TABLESAMPLE SYSTEM (5) REPEATABLE (8)
WHERE tenant_id <> %(tenant_id)s ORDER BY md5(entity_id::text) LIMIT %(queries)s
""",
}


@dataclass
class Result:
    """What a contestant did for a tenant.

    Attributes:
        recall: the part that it found of what is nearest, of each search.
        times: of each search, ms.
    """

    recall: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


@dataclass
class Tenant:
    """A tenant, what it searches, and how that went."""

    tenant_id: UUID
    rows: int
    kind: str
    results: dict[str, Result] = field(default_factory=lambda: {name: Result() for name in NAMES})
    short: int = 0

    def figures(self) -> dict[str, Any]:
        """Of each contestant recall@10 and the median time."""
        return {
            "rows": self.rows,
            "kind": self.kind,
            "too_few_rows": self.short,
            **{
                name: {
                    "recall": statistics.mean(result.recall),
                    "worst_recall": min(result.recall),
                    "median_ms": statistics.median(result.times),
                }
                for name, result in self.results.items()
            },
        }


@contextlib.contextmanager
def database(dsn: str | None, scale: float) -> Iterator[str]:
    """A database with the rows in it; its URL."""
    with contextlib.ExitStack() as stack:
        url = dsn or harness.database(stack.enter_context(harness.server()), "media", "mindia")
        with psycopg.connect(url, autocommit=True) as connection:
            if connection.execute("SELECT to_regclass('mindia.embeddings')").fetchone() == (None,):
                migrate(url, shipped_domain("mindia"))
            if not connection.execute("SELECT 1 FROM mindia.embeddings LIMIT 1").fetchone():
                fill(connection, scale)
            if connection.execute("SELECT to_regclass('reference.embeddings')").fetchone() == (
                None,
            ):
                for step in REFERENCE:
                    connection.execute(step)
        yield url


def fill(connection: psycopg.Connection[Any], scale: float) -> None:
    """Loads media and embeddings; makes the HNSW index afterwards, which takes a tenth as long.

    The load leaves every 25th thing without an embedding. Here all of them get one.
    """
    row = connection.execute(
        "SELECT pg_get_indexdef('mindia.embeddings_embedding_idx'::regclass)"
    ).fetchone()
    assert row is not None
    connection.execute("DROP INDEX mindia.embeddings_embedding_idx")
    connection.execute("SET session_replication_role = replica")
    harness.load(connection, "mindia", scale, "0[13]_*.sql")
    text = (shipped_domain("mindia").load / "04_embeddings.sql").read_bytes()
    assert SOME in text
    connection.execute(text.replace(SOME, b""))
    connection.execute("SET maintenance_work_mem = '1500MB'")
    connection.execute(row[0])


class Contest:
    """The contestants, prepared on one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        query = load_queries(shipped_domain("mindia").queries)["search_embeddings"]
        text, self._names = growth.variant(query)
        for name, statement in zip(NAMES, (text, EXACT, IVFFLAT), strict=True):
            connection.pgconn.prepare(name.encode(), statement.encode())

    def search(
        self, name: str, tenant_id: UUID, vector: str, limit: int
    ) -> tuple[list[int], float]:
        """Searches; returns the ids that were found, and how long it took, ms."""
        given = {"tenant_id": str(tenant_id), "embedding": vector, "limit": str(limit)}
        order = self._names if name == "search_embeddings" else tuple(given)
        values = [given[key].encode() if key in given else None for key in order]
        started = time.perf_counter()
        result = self._connection.pgconn.exec_prepared(name.encode(), cast("list[bytes]", values))
        taken = time.perf_counter() - started
        if result.error_message:
            raise RuntimeError(result.error_message.decode())
        ids = [int(result.get_value(row, 0) or 0) for row in range(result.ntuples)]
        return ids, taken * 1e3

    def judge(self, tenant: Tenant, queries: int) -> None:
        """Lets all of them search for a tenant, in turn."""
        arguments = {"tenant_id": tenant.tenant_id, "queries": queries}
        rows = self._connection.execute(PROBES[tenant.kind], arguments).fetchall()
        probes = [row[0] for row in rows]
        for vector in probes:
            self.search("exact", tenant.tenant_id, vector, WANTED)  # warms the processor's caches
            nearest, _ = self.search("exact", tenant.tenant_id, vector, WANTED)
            for name, result in tenant.results.items():
                found, taken = self.search(name, tenant.tenant_id, vector, WANTED)
                result.recall.append(len({*found} & {*nearest}) / len(nearest))
                result.times.append(taken)
        for limit in LIMITS:
            for vector in probes[:3]:
                found, _ = self.search("search_embeddings", tenant.tenant_id, vector, limit)
                tenant.short += len(set(found)) != min(limit, tenant.rows)


def report(kind: str, tenants: list[Tenant]) -> list[dict[str, Any]]:
    """Prints some of the tenants, largest first, and returns the figures of all."""
    figures = [tenant.figures() for tenant in tenants]
    print(f"\n{kind}\n{'':>10}" + "".join(f"{name:>28}" for name in NAMES))
    print(f"{'rows':>10}" + f"{'recall@10':>19}{'p50 ms':>9}" * len(NAMES))
    step = max(1, len(figures) // SHOWN)
    for figure in [*figures[:-1:step], figures[-1]]:
        columns = "".join(
            f"{figure[name]['recall']:>19.3f}{figure[name]['median_ms']:>9.1f}" for name in NAMES
        )
        print(f"{figure['rows']:>10}{columns}")
    worst = {name: min(figure[name]["recall"] for figure in figures) for name in NAMES}
    print(f"{'worst':>10}" + "".join(f"{worst[name]:>19.3f}{'':>9}" for name in NAMES))
    return figures


def work(kind: str, figures: list[dict[str, Any]]) -> Work:
    """The largest tenant's times, and what all tenants' searches found."""
    recall = min(figure["search_embeddings"]["recall"] for figure in figures)
    short = sum(figure["too_few_rows"] for figure in figures)
    medians = {name: figures[0][name]["median_ms"] for name in NAMES}
    targets = [
        Target("recall@10, worst tenant", recall, at_least=RECALL_AT_LEAST, unit=""),
        Target("searches with too few rows", short, at_most=0, unit=""),
    ]
    return Work(f"search_embeddings, the largest tenant, {kind}", "ms a call", medians, targets)


def main() -> int:
    """Builds, measures, reports."""
    parser = harness.command_line(__doc__, 20, of="searches of each tenant")
    parser.add_argument("--scale", type=float, default=1, help="1 makes 100,000 embeddings")
    parser.add_argument("--dsn", help="a database to measure in, filled if it is empty")
    options = parser.parse_args()
    with (
        database(options.dsn, options.scale) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        contest = Contest(connection)
        version = connection.info.server_version
        rows = connection.execute(TENANTS).fetchall()
        tenants = {kind: [Tenant(tenant, count, kind) for tenant, count in rows] for kind in PROBES}
        for tenant in itertools.chain(*tenants.values()):
            contest.judge(tenant, options.rounds)
    print(f"{len(rows)} tenants")
    figures = {kind: report(kind, judged) for kind, judged in tenants.items()}
    works = [work(kind, found) for kind, found in figures.items()]
    return harness.finish(options, version, works, tenants=list(itertools.chain(*figures.values())))


if __name__ == "__main__":
    sys.exit(main())
