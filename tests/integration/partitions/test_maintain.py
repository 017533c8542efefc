"""Months made ahead: by any number of processes, for any table that has monthly partitions."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

from pgrepo.cli.main import build_app
from pgrepo.errors import PartitionError
from pgrepo.operate.partitions import Partition, PartitionedTable, ensure, status
from pgrepo.operate.partitions.plan import add_months, month_of
from pgrepo.runtime.translate import CheckViolation, translate

if TYPE_CHECKING:
    from tests.integration.partitions.shop import Shop

ENSURE = """
import sys
from pgrepo.operate.partitions import ensure

print(*ensure(*sys.argv[1:], months_ahead=9))
"""
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def run(url: str, *arguments: str) -> Any:
    """Runs the command."""
    return CliRunner().invoke(build_app(), ["partitions", *arguments, "--dsn", url])


def names(table: str, first: int, last: int) -> list[str]:
    """The partitions of months from now."""
    this_month = month_of(datetime.now(UTC))
    return [f"{table}_{add_months(this_month, n):%Y_%m}" for n in range(first, last + 1)]


@pytest.mark.parametrize("key_type", ["timestamptz", "timestamp", "date"])
def test_every_kind_of_time(shop: Shop, key_type: str) -> None:
    """A table without partitions gets monthly ones, whatever its key's type, at year's end too."""
    shop.run(f'CREATE TABLE shop."Logs" ("At" {key_type}) PARTITION BY RANGE ("At")')
    made = ensure(shop.url, "shop", months_ahead=13)
    assert made == [f"shop.{name}" for name in [*names("Logs", 0, 13), *names("orders", 0, 13)]]
    assert shop.partitions('"Logs"') == sorted(names("Logs", 0, 13))
    shop.run('INSERT INTO shop."Logs" SELECT now() + n * interval \'1 month\' FROM '
             "generate_series(0, 13) AS n")  # fmt: skip
    assert ensure(shop.url, "shop", months_ahead=13) == []


def test_a_partition_is_like_its_neighbour(shop: Shop) -> None:
    """Its storage, keys, checks, row-level security; and the identity goes on over all."""
    shop.make(0)
    shop.run("ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY")
    ensure(shop.url, "shop", months_ahead=1)
    name = names("orders", 1, 1)[0]
    [(options, is_secured)] = shop.query(
        f"SELECT reloptions, relrowsecurity FROM pg_class WHERE oid = 'shop.{name}'::regclass"
    )
    assert (options, is_secured) == (["fillfactor=77"], True)
    constraints = (
        "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype <> 'n' ORDER BY 1, 2"
    )
    assert shop.query(constraints, f"shop.{name}") == shop.query(constraints, "shop.orders")
    shop.run("INSERT INTO shop.orders (buyer_id, created_at) VALUES (1, now())")


def test_what_is_there_stays(shop: Shop) -> None:
    """A quarter is left alone; so is a table that is partitioned by something else."""
    shop.run(
        """
        CREATE TABLE shop.quarters (at timestamptz) PARTITION BY RANGE (at);
        CREATE TABLE shop.old PARTITION OF shop.quarters FOR VALUES FROM ('2020-01-01Z')
            TO ('2020-04-01Z');
        CREATE TABLE shop.numbers (n bigint) PARTITION BY RANGE (n);
        CREATE TABLE shop.list (at timestamptz) PARTITION BY LIST (at);
        """
    )
    assert {name[:12] for name in ensure(shop.url, "shop")} == {"shop.orders_"}
    assert [table.name for table in status(shop.url, "shop")] == ["orders", "quarters"]


def test_a_name_that_is_taken(shop: Shop) -> None:
    """A table of the partition's name is not touched."""
    name = names("orders", 1, 1)[0]
    shop.run(f"CREATE TABLE shop.{name} ()")
    with pytest.raises(PartitionError, match=f"{name} exists and is not a partition of shop.orde"):
        ensure(shop.url, "shop")


def test_a_table_that_is_locked(shop: Shop) -> None:
    """Waiting has an end, and those behind pass meanwhile."""
    with psycopg.connect(shop.url) as other:
        other.execute("LOCK TABLE shop.orders")
        with pytest.raises(PartitionError, match="could not be had for 0 s"):
            ensure(shop.url, "shop", wait=0)
    assert len(ensure(shop.url, "shop", wait=0)) == 4


def test_eight_processes_at_once(storyverse_url: str) -> None:
    """One set of partitions, no error; each is told by the one that made it.

    Those of jobs and segments by the schema's own function, and those that it does not know.
    """
    with psycopg.connect(storyverse_url) as connection:
        connection.execute("CREATE TABLE storyverse.days (day date) PARTITION BY RANGE (day)")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE, storyverse_url, "storyverse"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    told = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, told
    made = sorted(name for out, _ in told for name in out.split())
    wanted = [*names("days", 0, 9), *names("jobs", 4, 9), *names("segments", 4, 9)]
    assert made == [f"storyverse.{name}" for name in wanted]
    tables = status(storyverse_url, "storyverse")
    assert [len(table.partitions) for table in tables] == [10, 10, 10]


def test_the_horizon(shop: Shop) -> None:
    """Beyond it a row is refused, in words that say what to do; status has warned."""
    ensure(shop.url, "shop", months_ahead=0)
    result = run(shop.url, "status", "shop")
    assert result.exit_code == 1
    assert "run `pgrepo partitions ensure shop`" in result.stderr
    with pytest.raises(psycopg.Error) as caught:
        shop.run("INSERT INTO shop.orders (buyer_id, created_at) VALUES (1, now() + '40 days')")
    error = translate(caught.value)
    assert isinstance(error, CheckViolation)
    assert str(error) == (
        "shop.orders: no partition takes the row: make those of the months to come with "
        "`pgrepo partitions ensure shop` (23514)"
    )
    assert run(shop.url, "ensure", "shop").exit_code == 0
    assert run(shop.url, "status", "shop").exit_code == 0
    shop.run("INSERT INTO shop.orders (buyer_id, created_at) VALUES (1, now() + '40 days')")


def test_status_for_people_and_monitors(shop: Shop) -> None:
    """A table, or JSON; the exit status is the same."""
    shop.make(0, rows=3)
    shop.run("ANALYZE shop.orders")
    assert "shop.orders" in run(shop.url, "status", "shop").stdout
    result = run(shop.url, "status", "shop", "--json")
    assert result.exit_code == 1
    (table,) = json.loads(result.stdout)
    (partition,) = table["partitions"]
    assert table["table"] == "shop.orders"
    assert table["is_short"] is True
    assert table["horizon"] == add_months(shop.months[-1], 1).isoformat()
    assert partition.pop("bytes") > 0
    assert partition == {
        "name": f"shop.{shop.partition(0)}",
        "starts_at": shop.months[-1].isoformat(),
        "ends_at": add_months(shop.months[-1], 1).isoformat(),
        "detach_pending": False,
        "rows": 3,
    }


def test_the_command_tells_what_it_did(shop: Shop) -> None:
    """What it made; or that all are there; or why not."""
    wanted = [f"made shop.{name}" for name in names("orders", 0, 3)]
    assert run(shop.url, "ensure", "shop").stdout.splitlines() == wanted
    assert run(shop.url, "ensure", "shop").stdout == "shop has them all\n"
    result = run(shop.url, "ensure", "nowhere")
    assert result.exit_code == 1
    assert "no schema nowhere: run `pgrepo migrate nowhere`" in result.stderr
    result = run("postgresql://postgres@127.0.0.1:1/x", "status", "shop")
    assert result.exit_code == 1
    assert "cannot be reached" in result.stderr
    result = run("this is no url, pass word=secret", "status", "shop")
    assert result.exit_code == 1
    assert "secret" not in result.stderr


def table(*bounds: tuple[datetime | None, datetime | None], default: bool = False) -> Any:
    """A table with such partitions."""
    partitions = [Partition("s", f"p{n}", n, *found) for n, found in enumerate(bounds)]
    if default:
        partitions.append(Partition("s", "rest", 99, None, None, is_default=True))
    return PartitionedTable("s", "t", 1, "at", tuple(partitions))


JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 5))


@pytest.mark.parametrize(
    ("found", "horizon", "is_short", "missing"),
    [
        (table(), NOW, True, [JANUARY, FEBRUARY, MARCH]),
        (table((JANUARY, FEBRUARY)), FEBRUARY, True, [FEBRUARY, MARCH]),
        (table((JANUARY, FEBRUARY), (FEBRUARY, MARCH)), MARCH, False, [MARCH]),
        (table((FEBRUARY, MARCH)), NOW, True, [JANUARY, MARCH]),
        (table((JANUARY, FEBRUARY), (MARCH, APRIL)), FEBRUARY, True, [FEBRUARY]),
        (table((None, FEBRUARY), (FEBRUARY, None)), None, False, []),
        (table((JANUARY, FEBRUARY), default=True), None, False, [FEBRUARY, MARCH]),
        (table((JANUARY - timedelta(days=9), FEBRUARY)), FEBRUARY, True, [FEBRUARY, MARCH]),
    ],
)
def test_how_far_ahead(
    found: PartitionedTable, horizon: datetime | None, *, is_short: bool, missing: list[datetime]
) -> None:
    """The horizon is the first gap; less than a month ahead is short."""
    assert found.horizon(NOW) == horizon
    assert found.is_short(NOW) is is_short
    assert found.missing_months(NOW, 2) == missing


def test_months_of_any_length() -> None:
    """The 31st becomes the last day of a shorter month, and years roll over."""
    assert add_months(NOW, 1) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert add_months(NOW, -1) == datetime(2025, 12, 31, 12, tzinfo=UTC)
    assert add_months(NOW, 25) == datetime(2028, 2, 29, 12, tzinfo=UTC)
