"""Measuring from Python: what is found out, and that nobody's data changes by it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.bench import Options, Selection, Settings, Watcher, growth_of, run
from pgrepo.errors import ProjectError, UsageError
from pgrepo.operate.load import load
from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from pgrepo.bench import Results
    from pgrepo.project import DomainFiles

SHORT = Settings(seconds=0.05, rounds=5)


def databases(url: str) -> set[str]:
    """The databases that a benchmark has left on a server."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return {name for (name,) in rows if name.startswith("pgrepo_bench_")}


def reasons(results: Results) -> dict[str, str]:
    """Why queries were not measured, at the last scale."""
    return {item.name: item.reason for item in results.domains[0].scales[-1].skipped}


class Counting(Watcher):
    """Counts the orders in the benchmark's own database, before and after."""

    def __init__(self) -> None:
        self.url = ""
        self.counts: list[int] = []

    def load(self, database: str, domain: DomainFiles, scale: float) -> int:
        """Counts what was loaded, and adds a row of an application's."""
        self.url = database
        rows = super().load(database, domain, scale)
        self._count()
        return rows

    def at(self, doing: str, done: int, total: int) -> None:
        """Counts when all is done."""
        if done == total:
            self._count()

    def _count(self) -> None:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM bazaar.orders").fetchone()
            assert row is not None
            self.counts.append(row[0])


def test_figures_and_growth(bazaar: DomainFiles, server_url: str) -> None:
    """Percentiles, rows, blocks and plans are there; a search of everything grows with the data."""
    before = databases(server_url)
    options = Options(scales=(1.0, 0.02), settings=Settings(2, 0.2, 8))
    results = run([bazaar], server_url, options)
    [domain] = results.domains
    assert [(item.scale, item.rows) for item in domain.scales] == [(0.02, 400), (1.0, 20_000)]
    recent = domain.scales[1].query("recent_orders")
    assert recent is not None
    assert 0 < recent.latency.p50 <= recent.latency.p95 <= recent.latency.p99
    assert recent.calls >= 2 * 8
    assert len(recent.rounds) == len(recent.floor) == 8
    assert recent.rate > 0
    assert 9 < recent.rows <= 10
    assert recent.buffers is not None
    assert recent.buffers.total >= 3
    assert "orders_email_created_at_idx" in recent.shape
    noted = domain.scales[1].query("orders_noted")
    assert noted is not None
    assert noted.rows > 0, "words are drawn from the notes"
    between = domain.scales[1].query("orders_between")
    assert between is not None
    assert 1 <= between.rows <= 20, "two ends of a range, and a page of 20"
    grown = growth_of(domain, "orders_noted")
    assert grown is not None
    assert grown.words != "flat"
    told = reasons(results)
    assert told["create_order"] == "it writes, or locks"
    assert told["orders_from"].startswith("no column of type inet is compared with address")
    assert databases(server_url) <= before


def test_writes_are_rolled_back(bazaar: DomainFiles, server_url: str) -> None:
    """Queries that write are measured with what they change, and nothing of it stays."""
    watcher = Counting()
    options = Options((0.02,), SHORT, Selection(writes=True))
    results = run([bazaar], server_url, options, watcher)
    queries = {query.name: query for _, _, query in results.queries()}
    assert queries["create_order"].rows == 1
    assert queries["set_order_status"].rows == 1
    assert queries["create_order"].writes
    assert "Insert orders" in queries["create_order"].shape
    assert not queries["order_by_id"].writes
    assert set(watcher.counts) == {400}
    assert len(watcher.counts) == 3  # loaded, all reads done, all writes done
    assert set(reasons(results)) == {"add_order_lines", "orders_from"}


def test_a_database_of_ones_own(bazaar: DomainFiles, database_url: str) -> None:
    """Without scales the data that is there is measured, on connections that cannot write."""
    with pytest.raises(ProjectError, match="has no schema bazaar: run `pgrepo migrate bazaar`"):
        run([bazaar], database_url, Options((), SHORT))
    migrate(database_url, bazaar)
    results = run([bazaar], database_url, Options((), SHORT))
    assert list(results.queries()) == []
    assert reasons(results)["recent_orders"] == (
        "there is no row in bazaar.orders to draw email from"
    )
    list(load(database_url, bazaar, 0.02))
    found = run([bazaar], database_url, Options((), SHORT))
    assert {query.name for _, _, query in found.queries()} == {
        "order_by_id",
        "orders_between",
        "orders_noted",
        "recent_orders",
        "search_orders",
    }
    assert found.domains[0].scales[0].rows is None
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM bazaar.orders").fetchone()
    assert row == (400,)


def test_given_values(bazaar: DomainFiles, server_url: str) -> None:
    """A value that is given is taken instead of drawn ones; one of no such type is refused."""
    chosen = Selection(("orders_from", "recent_orders"))
    given = {"address": ("10.1.2.3", "10.9.8.7"), "recent_orders.limit": ("2",)}
    results = run([bazaar], server_url, Options((0.02,), SHORT, chosen, given))
    found = {query.name: query.rows for _, _, query in results.queries()}
    assert found == {"orders_from": 3, "recent_orders": 2}
    with pytest.raises(UsageError, match=r"orders_from\.address is no inet"):
        run([bazaar], server_url, Options((0.02,), SHORT, chosen, {"address": ("home",)}))


def test_interrupted(bazaar: DomainFiles, server_url: str) -> None:
    """Ctrl-C keeps what was measured until then, and drops the database."""

    class Impatient(Watcher):
        def at(self, doing: str, done: int, total: int) -> None:
            if "round 3, order_by_id" in doing:
                raise KeyboardInterrupt

    before = databases(server_url)
    results = run([bazaar], server_url, Options((0.02, 1.0), SHORT), Impatient())
    assert results.interrupted
    [domain] = results.domains
    [scale] = domain.scales
    rounds = {query.name: len(query.rounds) for query in scale.queries}
    assert rounds.pop("order_by_id") == 3
    others = ("orders_between", "orders_noted", "recent_orders", "search_orders")
    assert rounds == dict.fromkeys(others, 2)
    assert databases(server_url) <= before


def test_several_domains(server_url: str) -> None:
    """One run measures queries of several domains, each in a scope in which it returns rows.

    With PGREPO_BENCH_ALL, of all that pgrepo ships.
    """
    scopes = {
        "monumento.recent_sessions": None,
        "audiotricks.users_page": "user",
        "audiotricks.credentials": "login",
    }
    if os.environ.get("PGREPO_BENCH_ALL"):
        scopes |= {
            "storyverse.ideas_by_topic": None,
            "littlemonster.recent_conversations": None,
            "mindia.videos_page": "tenant",
        }
    domains = [shipped_domain(name) for name in dict.fromkeys(n.split(".")[0] for n in scopes)]
    options = Options((0.005,), Settings(1, 0.02, 2), Selection(tuple(scopes)), explain=True)
    results = run(domains, server_url, options)
    found = {f"{domain.name}.{query.name}": query for domain, _, query in results.queries()}
    assert {name: query.scope for name, query in found.items()} == scopes
    assert all(query.rows > 0 for query in found.values())
    assert all(query.plans[0].explained for query in found.values())
