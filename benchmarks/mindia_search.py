"""mindia: does search_embeddings find what comparing everything finds, and how fast?

100,000 embeddings of 768 dimensions and 50 tenants of very different sizes, as sql/mindia/load
makes them. Each tenant searches near what it has: a vector of its own, turned somewhat towards
another one. Contestants, all as prepared statements on the same rows:

* search_embeddings, as shipped;
* exact: every embedding of the tenant is compared;
* ivfflat: the reference schema's index, made on the empty table as there, and its one table.

Targets: recall@10 of at least 0.95 for every tenant; as many rows as wanted, or all there are.

    python benchmarks/mindia_search.py [--queries 20] [--scale 1] [--check] [--json FILE]

Making the index takes minutes. `--dsn URL` names a database to do it in once: what lies there in
the schema mindia is measured as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, cast

import flat
import psycopg

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
PROBES: LiteralString = """
SELECT (own.embedding + other.embedding * array_fill(0.35, ARRAY[768])::vector(768))::text
FROM (
    SELECT embedding, row_number() OVER (ORDER BY md5(entity_id::text)) AS number
    FROM mindia.embeddings WHERE tenant_id = %s
    ORDER BY md5(entity_id::text) LIMIT %s
) AS own
INNER JOIN (
    SELECT embedding, row_number() OVER (ORDER BY id) AS number
    FROM mindia.embeddings TABLESAMPLE SYSTEM (1) REPEATABLE (7) LIMIT %s
) AS other USING (number)
"""


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
    """A tenant, and how its searches went."""

    tenant_id: UUID
    rows: int
    results: dict[str, Result] = field(default_factory=lambda: {name: Result() for name in NAMES})
    short: int = 0

    def figures(self) -> dict[str, Any]:
        """Of each contestant recall@10 and the median time."""
        return {
            "rows": self.rows,
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
        url = dsn or flat.database(stack.enter_context(flat.server()), "media", "mindia")
        with psycopg.connect(url, autocommit=True) as connection:
            if connection.execute("SELECT to_regclass('mindia.embeddings')").fetchone() == (None,):
                migrate(url, shipped_domain("mindia"))
            if not connection.execute("SELECT FROM mindia.embeddings LIMIT 1").fetchone():
                fill(connection, scale)
            if connection.execute("SELECT to_regclass('reference.embeddings')").fetchone() == (
                None,
            ):
                for step in REFERENCE:
                    connection.execute(step)
        yield url


def fill(connection: psycopg.Connection[Any], scale: float) -> None:
    """Loads media and embeddings; makes the HNSW index afterwards, which takes a tenth as long."""
    row = connection.execute(
        "SELECT pg_get_indexdef('mindia.embeddings_embedding_idx'::regclass)"
    ).fetchone()
    assert row is not None
    connection.execute("DROP INDEX mindia.embeddings_embedding_idx")
    connection.execute("SET session_replication_role = replica")
    flat.load(connection, "mindia", scale, "0[134]_*.sql")
    connection.execute("SET maintenance_work_mem = '1500MB'")
    connection.execute(row[0])


class Contest:
    """The contestants, prepared on one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        query = load_queries(shipped_domain("mindia").queries)["search_embeddings"]
        text, self._names = flat.variant(query)
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
        arguments = (tenant.tenant_id, queries, queries)
        probes = [row[0] for row in self._connection.execute(PROBES, arguments).fetchall()]
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


def report(tenants: list[Tenant]) -> list[dict[str, Any]]:
    """Prints some of the tenants, largest first, and returns the figures of all."""
    figures = [tenant.figures() for tenant in tenants]
    print(f"{'':>10}" + "".join(f"{name:>28}" for name in NAMES))
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


def main() -> int:
    """Builds, measures, reports."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--queries", type=int, default=20, help="searches of each tenant")
    parser.add_argument("--scale", type=float, default=1, help="1 makes 100,000 embeddings")
    parser.add_argument("--dsn", help="a database to measure in, filled if it is empty")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args()
    with (
        database(options.dsn, options.scale) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        contest = Contest(connection)
        version = connection.info.server_version
        tenants = [Tenant(*row) for row in connection.execute(TENANTS).fetchall()]
        for tenant in tenants:
            contest.judge(tenant, options.queries)
    print(f"PostgreSQL {version // 10000}.{version % 10000}, {len(tenants)} tenants\n")
    figures = report(tenants)
    recall = min(figure["search_embeddings"]["recall"] for figure in figures)
    short = sum(figure["too_few_rows"] for figure in figures)
    met = recall >= RECALL_AT_LEAST and short == 0
    print(f"\ntarget: recall at least {RECALL_AT_LEAST}: {recall:.3f}; too few rows: {short} times")
    if options.json:
        document = {
            "benchmark": Path(__file__).stem,
            "postgresql": version,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "queries": options.queries,
            "met": met,
            "tenants": figures,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
