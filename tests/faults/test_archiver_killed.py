"""Whatever stops an archiver: no partition is dropped unverified, and running again goes on.

`PGREPO_ARCHIVER_KILLS=1` kills it at every step.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.errors import ArchiveError
from pgrepo.operate.partitions.archives import archive, restore
from pgrepo.operate.partitions.destination import Destination
from tests.integration.partitions.shop import Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .table import Record

    Archiver = Callable[..., dict[str, Any]]

IS_LONG = bool(os.environ.get("PGREPO_ARCHIVER_KILLS"))
ROWS = {13: 120, 12: 40, 11: 0}
"""Months ago, and how many rows are of that month."""

ARCHIVE = """
import sys
from pgrepo.errors import ArchiveError
from pgrepo.operate.partitions.archives import archive

try:
    archive(sys.argv[1], "shop.orders", keep_months=6, to=sys.argv[2])
except ArchiveError as error:
    print(error)
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A database with three old partitions and a new one."""
    shop = open_shop(database_url)
    with shop.connection:
        for months_ago, rows in ROWS.items():
            shop.make(months_ago, rows)
        shop.make(0, rows=1)
        yield shop


@pytest.fixture
def archiver(shop: Shop) -> Iterator[Archiver]:
    """Runs an archiver in a process of its own."""
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("archiver.py"), shop.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def run(place: Path, *, dies_at: int = 0, file_bytes: int = 0) -> dict[str, Any]:
            order = {"place": str(place), "dies_at": dies_at, "file_bytes": file_bytes}
            assert process.stdin is not None
            assert process.stdout is not None
            print(json.dumps(order), file=process.stdin, flush=True)
            found: dict[str, Any] = json.loads(process.stdout.readline())
            return found

        yield run
        process.communicate()


class Oracle:
    """Knows the rows of every old partition, and looks where they are."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.rows = {name: shop.rows(name) for name in map(shop.partition, ROWS)}

    def check_nothing_is_lost(self, place: Path) -> None:
        """Each partition is there as it was, or was dropped and has a whole archive."""
        dropped = []
        if self.shop.value("SELECT to_regclass('pgrepo.archives') IS NOT NULL"):
            dropped = self.shop.query(
                "SELECT partition_name FROM pgrepo.archives WHERE state = 'dropped'"
            )
        for name, rows in self.rows.items():
            if self.shop.value("SELECT to_regclass(%s) IS NOT NULL", f"shop.{name}"):
                assert self.shop.rows(name) == rows
                continue
            assert (name,) in dropped
            destination = Destination(str(place), "shop.orders")
            manifest = destination.read_manifest(name)
            assert manifest is not None
            assert manifest.rows == len(rows)
            assert destination.is_whole(manifest)

    def check_resumes(self, place: Path) -> None:
        """Running again archives all; then all is restored, equal row for row."""
        archive(self.shop.url, "shop.orders", keep_months=6, to=str(place))
        assert self.shop.partitions() == [self.shop.partition(0)]
        for name, rows in self.rows.items():
            assert self.shop.value("SELECT to_regclass(%s) IS NULL", f"shop.{name}")
            restore(self.shop.url, "shop.orders", name, source=str(place))
            assert self.shop.rows(name) == rows
        files = {path.name for path in (place / "shop.orders").iterdir()}
        assert files == {f"{n}.{end}" for n in self.rows for end in ("json", "parquet")}
        self.shop.run("DELETE FROM pgrepo.archives")


@pytest.mark.fault(11)
def test_killed(shop: Shop, archiver: Archiver, tmp_path: Path, record: Record) -> None:
    """SIGKILL after one of its steps: every one, or six of them."""
    oracle = Oracle(shop)
    for place in (tmp_path / "first", tmp_path / "second"):  # the first creates the ledger
        steps = archiver(place)["steps"]
        oracle.check_resumes(place)
    assert steps >= 50
    points = range(1, steps + 1) if IS_LONG else range(steps // 12, steps + 1, steps // 6)
    for point in points:
        place = tmp_path / str(point)
        assert archiver(place, dies_at=point)["is_killed"]
        oracle.check_nothing_is_lost(place)
        oracle.check_resumes(place)
    record(operations=len(points))


@pytest.mark.fault(11)
def test_killed_again_and_again(
    shop: Shop, archiver: Archiver, tmp_path: Path, record: Record
) -> None:
    """Each run dies a little later than the one before; together they get to the end."""
    oracle = Oracle(shop)
    kills = 0
    while archiver(tmp_path, dies_at=15 * (kills + 1))["is_killed"]:
        kills += 1
        oracle.check_nothing_is_lost(tmp_path)
    assert kills >= 3
    oracle.check_resumes(tmp_path)
    record(operations=kills)


@pytest.mark.fault(11)
def test_killed_while_it_detaches(shop: Shop, tmp_path: Path) -> None:
    """A reader in a long transaction holds the detaching up, and then nobody is there to end it."""
    oracle = Oracle(shop)
    pending = "SELECT bool_or(inhdetachpending) FROM pg_inherits"
    command = [sys.executable, "-c", ARCHIVE, shop.url, str(tmp_path)]
    with psycopg.connect(shop.url) as reader, subprocess.Popen(command) as process:
        reader.execute("SELECT count(*) FROM shop.orders")
        while not shop.value(pending):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        oracle.check_nothing_is_lost(tmp_path)
    oracle.check_resumes(tmp_path)
    assert not shop.value(pending)


@pytest.mark.fault(10)
@pytest.mark.parametrize("file_bytes", [1, 1000, 5000])
def test_a_file_may_not_grow(
    shop: Shop, archiver: Archiver, tmp_path: Path, record: Record, file_bytes: int
) -> None:
    """At the first byte, in the middle of a file, and near its end."""
    oracle = Oracle(shop)
    found = archiver(tmp_path, file_bytes=file_bytes)
    assert found["error"].startswith(f"{tmp_path}/shop.orders: writing {shop.partition(13)}")
    assert "failed: File too large\nhelp: name a place where files may be larger" in found["error"]
    assert list((tmp_path / "shop.orders").glob("*")) == []
    assert len(shop.partitions()) == 4
    oracle.check_nothing_is_lost(tmp_path)
    oracle.check_resumes(tmp_path)
    record(operations=len(ROWS))


@pytest.mark.fault(10)
@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_the_disk_is_full(shop: Shop, tmp_path: Path, record: Record, ending: str) -> None:
    """While rows are written, or the manifest; /dev/full is a disk that always is."""
    oracle = Oracle(shop)
    name = f"{shop.partition(12)}.{ending}"
    (tmp_path / "shop.orders").mkdir()
    (tmp_path / "shop.orders" / f"{name}.partial").symlink_to("/dev/full")
    with pytest.raises(ArchiveError) as caught:
        archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path}/shop.orders: writing {name}.partial failed")
    assert "No space left on device\nhelp: make room there, and run this again" in str(caught.value)
    assert shop.partitions() == [shop.partition(n) for n in (12, 11, 0)]  # 13 was done before
    oracle.check_nothing_is_lost(tmp_path)
    (tmp_path / "shop.orders" / f"{name}.partial").unlink(missing_ok=True)
    oracle.check_resumes(tmp_path)
    record(operations=len(ROWS))


@pytest.mark.fault(10)
def test_the_destination_is_read_only(shop: Shop, tmp_path: Path, record: Record) -> None:
    """A folder that may not be written to, also by root without its privileges."""
    oracle = Oracle(shop)
    place = tmp_path / "read only"
    (place / "shop.orders").mkdir(parents=True)
    (place / "shop.orders").chmod(0o555)
    command = [sys.executable, "-c", ARCHIVE, shop.url, str(place)]
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root needs setpriv to be refused anything")
        command = ["setpriv", "--bounding-set", "-dac_override", *command]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "failed: Permission denied\nhelp: name a place that can be written to" in said
    assert len(shop.partitions()) == 4
    oracle.check_nothing_is_lost(place)
    (place / "shop.orders").chmod(0o755)
    oracle.check_resumes(place)
    record(operations=len(ROWS))
