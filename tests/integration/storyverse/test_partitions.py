"""Monthly partitions: made ahead, by any number of runners, without locking anybody out."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.operate.migrate import migrate, verify
from pgrepo.project import shipped_domain
from tests.integration.storyverse.world import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.storyverse.world import World

BOUNDS = """
SELECT
    class.relname,
    pg_get_expr(class.relpartbound, class.oid)
FROM pg_class AS class
WHERE class.relispartition AND class.relkind = 'r' AND class.relname LIKE %s
ORDER BY class.relname
"""


@pytest.fixture
def connection(storyverse_url: str) -> Iterator[psycopg.Connection[Any]]:
    """To a database of the test's own, as it was just migrated."""
    with psycopg.connect(storyverse_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def undone(world: World) -> Iterator[psycopg.Connection[Any]]:
    """In a transaction that will be rolled back."""
    with world.connection.transaction(force_rollback=True):
        yield world.connection


def months_from_now(count: int) -> list[str]:
    """This month and those that follow, as partitions are named."""
    today = datetime.now(UTC)
    numbers = [today.year * 12 + today.month - 1 + n for n in range(count)]
    return [f"{number // 12:04}_{number % 12 + 1:02}" for number in numbers]


def partitions(connection: psycopg.Connection[Any], table: str = "") -> list[str]:
    """The names of partitions."""
    return [name for name, _ in connection.execute(BOUNDS, (f"{table}%",))]


def test_deploying_makes_this_month_and_three_more(connection: psycopg.Connection[Any]) -> None:
    """afterMigrate.sql has run."""
    months = months_from_now(4)
    assert partitions(connection) == [
        *(f"jobs_{month}" for month in months),
        *(f"segments_{month}" for month in months),
    ]


def test_every_deploy_makes_what_is_missing(
    connection: psycopg.Connection[Any], storyverse_url: str
) -> None:
    """Also one with nothing else to do; and verify does not mind partitions."""
    months = months_from_now(4)
    connection.execute(f"DROP TABLE storyverse.segments_{months[3]}")
    connection.execute("SELECT storyverse.create_monthly_partition('jobs', 2031, 5)")
    domain = shipped_domain("storyverse")
    assert migrate(storyverse_url, domain) == []
    assert f"segments_{months[3]}" in partitions(connection)
    assert verify(storyverse_url, domain).is_equal


def test_any_number_of_runners(connection: psycopg.Connection[Any], storyverse_url: str) -> None:
    """Each partition is made once, and told by the one who made it."""

    def ensure(_: int) -> list[str]:
        with psycopg.connect(storyverse_url, autocommit=True) as own:
            rows = own.execute("SELECT storyverse.ensure_partitions(14)").fetchall()
        return [name for (name,) in rows]

    made = [name for found in at_once(12, ensure) for name in found]
    wanted = [f"{table}_{month}" for table in ("jobs", "segments") for month in months_from_now(15)]
    assert sorted(made) == sorted(name for name in wanted if name[-7:] not in months_from_now(4))
    assert partitions(connection) == wanted
    assert connection.execute("SELECT storyverse.ensure_partitions(14)").fetchall() == []


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_months_are_those_of_utc(undone: psycopg.Connection[Any], timezone: str) -> None:
    """Whatever the session's time zone is, year's end included."""
    undone.execute("SELECT set_config('TimeZone', %s, false)", (timezone,))
    for year, month in [(2031, 11), (2031, 12), (2032, 1)]:
        undone.execute("SELECT storyverse.create_monthly_partition('jobs', %s, %s)", (year, month))
    undone.execute("SET TimeZone = 'UTC'")
    assert undone.execute(BOUNDS, ("jobs_203%",)).fetchall() == [
        (
            "jobs_2031_11",
            "FOR VALUES FROM ('2031-11-01 00:00:00+00') TO ('2031-12-01 00:00:00+00')",
        ),
        (
            "jobs_2031_12",
            "FOR VALUES FROM ('2031-12-01 00:00:00+00') TO ('2032-01-01 00:00:00+00')",
        ),
        (
            "jobs_2032_01",
            "FOR VALUES FROM ('2032-01-01 00:00:00+00') TO ('2032-02-01 00:00:00+00')",
        ),
    ]


def test_a_moment_belongs_to_one_month(world: World) -> None:
    """The last microsecond of a year and the first of the next lie in two partitions."""
    scene_id = world.scene()
    for year, month in [(2031, 12), (2032, 1)]:
        world.value("SELECT storyverse.create_monthly_partition('jobs', %s, %s)", year, month)
    world.connection.execute(
        "INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version, created_at) "
        "SELECT id, user_id, '?', 1, at FROM storyverse.scenes, unnest(ARRAY["
        "'2031-12-31 23:59:59.999999Z', '2032-01-01 00:00:00Z']::timestamptz[]) AS at "
        "WHERE id = %s",
        (scene_id,),
    )
    assert world.query(
        "SELECT tableoid::regclass::text FROM storyverse.jobs ORDER BY created_at"
    ) == [("storyverse.jobs_2031_12",), ("storyverse.jobs_2032_01",)]
    world.connection.execute("DROP TABLE storyverse.jobs_2031_12, storyverse.jobs_2032_01")


def test_a_row_beyond_the_last_month_is_refused(world: World) -> None:
    """There is no DEFAULT partition that would take it, and be in the way later."""
    world.scene()
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        world.connection.execute(
            "INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version, created_at)"
            " SELECT id, user_id, '?', 1, '2099-01-01Z' FROM storyverse.scenes"
        )


def test_a_partition_is_whole(undone: psycopg.Connection[Any]) -> None:
    """It has every index, constraint and foreign key of its table, and room for HOT updates."""
    undone.execute("SELECT storyverse.create_monthly_partition('jobs', 2031, 5)")
    missing = undone.execute(
        """
        SELECT of_table.conname, pg_get_constraintdef(of_table.oid)
        FROM pg_constraint AS of_table
        WHERE
            of_table.conrelid = 'storyverse.jobs'::regclass
            AND NOT EXISTS (
                SELECT FROM pg_constraint AS of_partition
                WHERE
                    of_partition.conrelid = 'storyverse.jobs_2031_05'::regclass
                    AND pg_get_constraintdef(of_partition.oid) = pg_get_constraintdef(of_table.oid)
                    AND of_partition.convalidated
            )
        """
    ).fetchall()
    assert missing == []
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'storyverse.{}'::regclass"
    assert (
        undone.execute(indexes.format("jobs")).fetchone()
        == undone.execute(indexes.format("jobs_2031_05")).fetchone()
    )
    leftover = undone.execute(
        "SELECT FROM pg_constraint WHERE conrelid = 'storyverse.jobs_2031_05'::regclass "
        "AND conname = 'monthly_bounds'"
    )
    assert leftover.fetchall() == []
    options = undone.execute(
        "SELECT reloptions FROM pg_class WHERE oid = 'storyverse.jobs_2031_05'::regclass"
    ).fetchone()
    assert options is not None
    assert "fillfactor=70" in options[0]


def test_nobody_is_locked_out(connection: psycopg.Connection[Any], storyverse_url: str) -> None:
    """While a partition is made and not committed, others read the table and add to it."""
    with psycopg.connect(storyverse_url) as maker:
        maker.execute("SELECT storyverse.create_monthly_partition('jobs', 2031, 5)")
        held = maker.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'storyverse.jobs'::regclass "
            "AND pid = pg_backend_pid()"
        )
        assert "AccessExclusiveLock" not in {mode for (mode,) in held}
        connection.execute("SET lock_timeout = '5s'")
        connection.execute("SELECT count(*) FROM storyverse.jobs")
        connection.execute(
            "INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version) "
            "SELECT id, user_id, '?', 1 FROM storyverse.scenes"
        )


def test_a_maker_who_has_to_wait_lets_others_pass(world: World) -> None:
    """While somebody writes to scenes a partition cannot be attached, and nobody waits for that."""
    scene_id = world.scene()
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted "
        "AND relation IN ('storyverse.scenes'::regclass, 'storyverse.users'::regclass)"
    )
    touch = "UPDATE storyverse.scenes SET title = title WHERE id = %s"
    other = world.scene()
    with ThreadPoolExecutor(1) as pool, psycopg.connect(world.url) as writer:
        writer.execute(touch, (scene_id,))
        maker = pool.submit(
            world.value, "SELECT storyverse.create_monthly_partition('segments', 2031, 5)"
        )
        with psycopg.connect(world.url, autocommit=True) as passer:
            while passer.execute(waiting).fetchone() != (1,):
                assert not maker.done()
                time.sleep(0.02)
            passer.execute("SET lock_timeout = '20s'")
            passer.execute(touch, (other,))
        assert not maker.done()
        writer.commit()
        assert maker.result() == "segments_2031_05"
    world.connection.execute("DROP TABLE storyverse.segments_2031_05")


@pytest.mark.parametrize(
    ("arguments", "sqlstate", "message"),
    [
        (("scenes", 2031, 5), "42809", "storyverse.scenes is not a table with monthly"),
        (("nowhere", 2031, 5), "42809", "storyverse.nowhere is not a table with monthly"),
        (("pg_class", 2031, 5), "42809", "is not a table with monthly"),
        (("public.jobs", 2031, 5), "42809", '"public.jobs" is not a table with monthly'),
        (("jobs; DROP TABLE x", 2031, 5), "42809", "is not a table with monthly"),
        (("by_list", 2031, 5), "42809", "is not a table with monthly"),
        (("by_number", 2031, 5), "42809", "is not a table with monthly"),
        ((None, 2031, 5), "22004", "null values cannot be formatted"),
        (("jobs", 2031, 13), "22023", "there is no month 13 of the year 2031"),
        (("jobs", 2031, 0), "22023", "there is no month 0"),
        (("jobs", 2031, None), "22023", "there is no month"),
        (("jobs", 0, 1), "22023", "of the year 0"),
        (("jobs", None, 1), "22023", "there is no month"),
        (("jobs", 2031, 6), "42P07", "storyverse.jobs_2031_06 exists and is not a partition"),
    ],
)
def test_refused(
    undone: psycopg.Connection[Any], arguments: tuple[Any, ...], sqlstate: str, message: str
) -> None:
    """What is no such table, no such month, or has its name taken."""
    undone.execute(
        """
        CREATE TABLE public.jobs (at timestamptz) PARTITION BY RANGE (at);
        CREATE TABLE storyverse.by_list (at timestamptz) PARTITION BY LIST (at);
        CREATE TABLE storyverse.by_number (at bigint) PARTITION BY RANGE (at);
        CREATE TABLE storyverse.jobs_2031_06 (at timestamptz);
        """
    )
    with pytest.raises(psycopg.Error) as caught, undone.transaction():
        undone.execute("SELECT storyverse.create_monthly_partition(%s, %s, %s)", arguments)
    assert caught.value.sqlstate == sqlstate
    assert message in str(caught.value)


def test_odd_names_are_quoted(undone: psycopg.Connection[Any]) -> None:
    """A table of any name can have months."""
    undone.execute(
        'CREATE TABLE storyverse."Odd ""name"", yes" ("At" timestamptz) PARTITION BY RANGE ("At")'
    )
    assert undone.execute(
        "SELECT storyverse.create_monthly_partition('Odd \"name\", yes', 2031, 5)"
    ).fetchone() == ('Odd "name", yes_2031_05',)
    assert 'Odd "name", yes_2031_05' in partitions(undone)


def test_making_while_others_write(world: World) -> None:
    """Eight writers and a maker of partitions: nobody fails, nobody waits for ever."""
    scenes = [world.scene() for _ in range(4)]
    users = [world.user() for _ in range(4)]
    done = threading.Event()

    def make() -> int:
        made = 0
        with psycopg.connect(world.url, autocommit=True) as own:
            while not done.is_set():
                for (name,) in own.execute("SELECT storyverse.ensure_partitions(6)").fetchall():
                    made += 1
                    if name[-7:] in months_from_now(7)[5:]:
                        own.execute(f"DROP TABLE storyverse.{name}")
        return made

    with ThreadPoolExecutor(1) as pool:
        maker = pool.submit(make)
        try:
            at_once(8, lambda n: [world.segment(scenes[n % 4], users[n % 4]) for _ in range(10)])
        finally:
            done.set()
        assert maker.result() > 0
    assert world.value("SELECT count(*) FROM storyverse.segments") == 80


def test_through_the_repository(world: World) -> None:
    """Programs that are seldom deployed make their months themselves, and can look at them."""
    repository = world.storyverse.partitions
    before = repository.partitions()
    assert f"jobs_{months_from_now(1)[0]}" in {p.partition_name for p in before}
    assert all(p.bounds.startswith("FOR VALUES FROM") and p.total_bytes for p in before)
    made = [p.partition_name for p in repository.ensure_partitions(months_ahead=8)]
    assert f"segments_{months_from_now(9)[-1]}" in made
    assert repository.ensure_partitions(months_ahead=8) == []
    assert repository.ensure_partitions() == []
    one = {"table_name": "segments", "year": 2031, "month": 5}
    assert repository.create_monthly_partition(**one) == "segments_2031_05"
    assert repository.create_monthly_partition(**one) is None
    made = [f"storyverse.{name}" for name in [*made, "segments_2031_05"]]
    world.connection.execute(f"DROP TABLE {', '.join(made)}".encode())
