"""Old partitions become Parquet files, verified before anything is dropped, and come back."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pgrepo.cli.main import build_app
from pgrepo.errors import ArchiveError, PartitionError
from pgrepo.operate.partitions.archives import archive, restore
from pgrepo.operate.partitions.manifest import Column
from pgrepo.operate.partitions.rows import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.partitions.shop import Shop


def state(shop: Shop) -> list[tuple[Any, ...]]:
    """What the ledger says."""
    return shop.query("SELECT partition_name, state FROM pgrepo.archives ORDER BY started_at")


def files(place: Path) -> list[str]:
    """The files of the archive."""
    return sorted(path.name for path in (place / "shop.orders").iterdir())


def test_there_and_back(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every type, and values that no other program's types have; row for row."""
    monkeypatch.setattr("pgrepo.operate.partitions.rows._GROUP_ROWS", 1000)
    old = [shop.make(13, rows=2500), shop.make(12, rows=5), shop.make(11), shop.make(0, rows=3)]
    shop.query("SELECT shop.fill_odd(%s)", shop.months[-1 - 12])
    before = {name: shop.rows(name) for name in old}
    done = archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path))
    assert [(found.partition, found.rows) for found in done] == [
        (f"shop.{old[0]}", 2500), (f"shop.{old[1]}", 8), (f"shop.{old[2]}", 0),
    ]  # fmt: skip
    assert shop.partitions() == old[3:]
    assert shop.value("SELECT count(*) FROM shop.orders") == 3
    assert state(shop) == [(name, "dropped") for name in old[:3]]
    written = pq.ParquetFile(tmp_path / "shop.orders" / f"{old[0]}.parquet")
    assert written.num_row_groups == 3
    assert files(tmp_path) == sorted(f"{n}.{end}" for n in old[:3] for end in ("json", "parquet"))
    for name in old[:3]:
        restore(shop.url, "shop.orders", name, source=str(tmp_path))
        assert shop.rows(name) == before[name]
    assert shop.partitions() == sorted(old)
    assert state(shop) == [(name, "restored") for name in old[:3]]
    [options] = {row[0][0] for row in shop.query(
        "SELECT reloptions FROM pg_class WHERE relname = ANY (%s)", old)}  # fmt: skip
    assert options == "fillfactor=77"


@pytest.mark.parametrize("type_", ["timestamptz(3)", "timestamp(0)"])
@pytest.mark.parametrize("moment", ["now()", "'294276-12-31'"])
def test_times_of_another_precision(shop: Shop, tmp_path: Path, type_: str, moment: str) -> None:
    """They are times too, also where the table has no other."""
    first, second, third = shop.months[:3]
    shop.run(
        f"""
        CREATE TABLE shop.ticks (at {type_}, noted {type_}) PARTITION BY RANGE (at);
        CREATE TABLE shop.full PARTITION OF shop.ticks FOR VALUES FROM ('{first}') TO ('{second}');
        CREATE TABLE shop.blank PARTITION OF shop.ticks FOR VALUES FROM ('{second}') TO ('{third}');
        INSERT INTO shop.ticks
        SELECT timestamptz '{first}' + n * interval '1.2345 s', {moment}
        FROM generate_series(1, 5) AS n;
        """
    )
    before = shop.rows("full")
    done = archive(shop.url, "shop.ticks", keep_months=6, to=str(tmp_path))
    assert [(found.partition, found.rows) for found in done] == [
        ("shop.full", 5),
        ("shop.blank", 0),
    ]
    schema = pq.read_schema(tmp_path / "shop.ticks" / "full.parquet")
    assert str(schema.field("at").type).startswith("timestamp[us")
    for name in ("full", "blank"):
        restore(shop.url, "shop.ticks", name, source=str(tmp_path))
    assert (shop.rows("full"), shop.rows("blank")) == (before, [])


def test_a_table_without_times(shop: Shop) -> None:
    """It is not asked about them; if it were, an empty one would not answer."""
    shop.run("DELETE FROM shop.buyers")
    file = io.BytesIO()
    table = psycopg.sql.Identifier("shop", "buyers")
    write_rows(shop.connection, table, [Column("id", "bigint")], file)
    assert pq.read_table(file).to_pylist() == []


def test_again_after_a_restore(shop: Shop, tmp_path: Path) -> None:
    """The same rows need no new file; other rows do not replace those that are there."""
    name = shop.make(12, rows=5)
    assert archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path))
    written = (tmp_path / "shop.orders" / f"{name}.parquet").stat()
    restore(shop.url, "shop.orders", name, source=str(tmp_path))
    assert archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path))
    assert (tmp_path / "shop.orders" / f"{name}.parquet").stat() == written
    restore(shop.url, "shop.orders", name, source=str(tmp_path))
    shop.run("UPDATE shop.orders SET note = 'changed'")
    with pytest.raises(ArchiveError, match="has another archive of shop"):
        archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path))
    assert shop.partitions() == [name]
    assert archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path / "other"))
    restore(shop.url, "shop.orders", name, source=str(tmp_path / "other"))
    assert shop.query("SELECT DISTINCT note FROM shop.orders") == [("changed",)]


def test_the_file_is_for_everybody(shop: Shop, tmp_path: Path) -> None:
    """Columns have types of Arrow where it has them, and the manifest says what is in the file."""
    name = shop.make(12, rows=5)
    archive(shop.url, "shop.orders", keep_months=10, to=str(tmp_path))
    table = pq.read_table(tmp_path / "shop.orders" / f"{name}.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert {key: types[key] for key in ("id", "created_at", "narrow", "raw", "day", "price")} == {
        "id": "int64", "created_at": "timestamp[us, tz=UTC]", "narrow": "float", "raw": "binary",
        "day": "date32[day]", "price": "string",
    }  # fmt: skip
    assert "twice" not in types  # PostgreSQL makes it of price
    manifest = json.loads((tmp_path / "shop.orders" / f"{name}.json").read_text())
    assert (manifest["table"], manifest["partition"], manifest["rows"]) == ("shop.orders", name, 5)
    assert [column["name"] for column in manifest["columns"]] == table.column_names


def test_what_is_kept(shop: Shop, tmp_path: Path) -> None:
    """A partition is old when its last moment is; one without a bound never is."""
    shop.make(12)
    kept = shop.make(11)
    shop.run(f"CREATE TABLE shop.first PARTITION OF shop.orders FOR VALUES FROM (MINVALUE) "
             f"TO ('{shop.months[-1 - 20]}')")  # fmt: skip
    done = archive(shop.url, "shop.orders", keep_months=11, to=str(tmp_path))
    assert [found.partition for found in done] == [f"shop.{shop.partition(12)}"]
    assert shop.partitions() == ["first", kept]
    assert archive(shop.url, "shop.orders", keep_months=11, to=str(tmp_path)) == []


def test_a_partition_that_is_partitioned(shop: Shop, tmp_path: Path) -> None:
    """Its rows are in partitions of its own, so it is refused before anything is done."""
    shop.run(
        f"""
        CREATE TABLE shop.halves PARTITION OF shop.orders
            FOR VALUES FROM ('{shop.months[0]}') TO ('{shop.months[1]}')
            PARTITION BY RANGE (id);
        CREATE TABLE shop.half PARTITION OF shop.halves FOR VALUES FROM (1) TO (1000);
        """
    )
    shop.query("SELECT shop.fill(%s, 7)", shop.months[0])
    with pytest.raises(PartitionError, match=r"shop.halves is itself partitioned"):
        archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert shop.partitions() == ["halves"]
    assert shop.value("SELECT count(*) FROM shop.orders") == 7


def test_beside_a_default_partition(shop: Shop, tmp_path: Path) -> None:
    """PostgreSQL cannot detach concurrently then; it is detached all the same."""
    shop.make(12, rows=4)
    shop.run("CREATE TABLE shop.rest PARTITION OF shop.orders DEFAULT")
    assert archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert shop.partitions() == ["rest"]


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_a_url(shop: Shop, tmp_path: Path, scheme: str) -> None:
    """Any place that fsspec knows; here it is a folder, and this process's memory."""
    name = shop.make(12, rows=4)
    before = shop.rows(name)
    place = f"{scheme}://{tmp_path}"
    archive(shop.url, "shop.orders", keep_months=6, to=place)
    restore(shop.url, "shop.orders", name, source=place)
    assert shop.rows(name) == before


def test_places_that_are_none(shop: Shop, tmp_path: Path) -> None:
    """They are told before anything is begun, and without passwords."""
    shop.make(12)
    with pytest.raises(ArchiveError, match=r"nosuch://host/x/shop.orders") as caught:
        archive(shop.url, "shop.orders", keep_months=6, to="nosuch://user:secret@host/x")
    assert "secret" not in str(caught.value)
    with pytest.raises(PartitionError, match=r"shop.buyers is not a table that is partitioned by"):
        archive(shop.url, "shop.buyers", keep_months=6, to=str(tmp_path))
    with pytest.raises(PartitionError, match=r"write it as schema.table"):
        archive(shop.url, "orders", keep_months=6, to=str(tmp_path))


def test_who_writes_meanwhile_is_seen(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that came after the export: nothing is dropped, and the next run has it."""
    from pgrepo.operate.partitions import archive as module  # noqa: PLC0415

    name = shop.make(12, rows=4)
    original = module.read_back

    def late(*arguments: Any) -> Any:
        shop.query("SELECT shop.fill(%s, 1)", shop.months[-1 - 12])
        return original(*arguments)

    monkeypatch.setattr(module, "read_back", late)
    with pytest.raises(ArchiveError, match="was written to while it was archived: run this again"):
        archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    monkeypatch.undo()
    assert shop.value(f"SELECT count(*) FROM shop.{name}") == 5
    before = shop.rows(name)
    (done,) = archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert done.rows == 5
    restore(shop.url, "shop.orders", name, source=str(tmp_path))
    assert shop.rows(name) == before


def spoil(path: Path) -> None:
    """Turns a byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_spoilt_write_is_noticed(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that keeps other bytes than it was given: the partition stays."""
    from pgrepo.operate.partitions import archive as module  # noqa: PLC0415

    name = shop.make(12, rows=50)
    partial = tmp_path / "shop.orders" / f"{name}.parquet.partial"
    original = module.write_rows

    def spoilt(*arguments: Any) -> None:
        original(*arguments)
        arguments[-1].flush()
        spoil(partial)

    monkeypatch.setattr(module, "write_rows", spoilt)
    with pytest.raises(ArchiveError):
        archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert shop.partitions() == [name]
    assert files(tmp_path) == []


def test_a_spoilt_archive_is_not_restored(shop: Shop, tmp_path: Path) -> None:
    """Nor is one whose file is gone, or whose manifest is no manifest."""
    name = shop.make(12, rows=50)
    archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    file, manifest = (tmp_path / "shop.orders" / f"{name}.{end}" for end in ("parquet", "json"))
    whole = file.read_bytes()
    spoil(file)
    with pytest.raises(ArchiveError, match="is not the file that was archived: bring it back"):
        restore(shop.url, "shop.orders", name, source=str(tmp_path))
    file.unlink()
    with pytest.raises(ArchiveError, match="is not the file that was archived"):
        restore(shop.url, "shop.orders", name, source=str(tmp_path))
    file.write_bytes(whole)
    text = manifest.read_text()
    manifest.write_text("{}")
    with pytest.raises(ArchiveError, match="is not the manifest of an archive"):
        restore(shop.url, "shop.orders", name, source=str(tmp_path))
    wrong = json.loads(text) | {"checksum": "1"}
    manifest.write_text(json.dumps(wrong))
    with pytest.raises(ArchiveError, match="50 rows that are not the 50 rows that were archived"):
        restore(shop.url, "shop.orders", name, source=str(tmp_path))
    assert shop.partitions() == []
    assert shop.value("SELECT to_regclass(%s)", f"shop.{name}") is None
    with pytest.raises(ArchiveError, match=f"no archive of orders_1999_01; it has {name}"):
        restore(shop.url, "shop.orders", "orders_1999_01", source=str(tmp_path))


def test_a_restore_that_does_not_fit(shop: Shop, tmp_path: Path) -> None:
    """The range or the name is taken, a column is another one, or a buyer is gone."""
    name = shop.make(12, rows=5)
    archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    place = str(tmp_path)
    shop.run(f"CREATE TABLE shop.{name} ()")
    with pytest.raises(PartitionError, match=f"{name} exists already"):
        restore(shop.url, "shop.orders", name, source=place)
    shop.run(f"DROP TABLE shop.{name}")
    shop.make(12)
    with pytest.raises(PartitionError, match="has a part of the range"):
        restore(shop.url, "shop.orders", name, source=place)
    shop.run(f"DROP TABLE shop.{name}; DELETE FROM shop.buyers WHERE id = 2")
    with pytest.raises(PartitionError, match=r"foreign key constraint .* is violated"):
        restore(shop.url, "shop.orders", name, source=place)
    shop.run("INSERT INTO shop.buyers VALUES (2);"
             "ALTER TABLE shop.orders ADD fresh integer DEFAULT 7;"
             "ALTER TABLE shop.orders ALTER address TYPE text")  # fmt: skip
    with pytest.raises(PartitionError, match="has text where the archive's column address is inet"):
        restore(shop.url, "shop.orders", name, source=place)
    shop.run("ALTER TABLE shop.orders ALTER address TYPE inet USING address::inet")
    restore(shop.url, "shop.orders", name, source=place)
    assert shop.query("SELECT count(*), min(fresh) FROM shop.orders") == [(5, 7)]


def test_rows_that_the_role_may_not_see(shop: Shop, tmp_path: Path) -> None:
    """Row-level security hides rows from queries, and never from an archive."""
    name = shop.make(12, rows=5)
    shop.run(
        f"""
        CREATE ROLE partition_owner LOGIN;
        GRANT ALL ON SCHEMA shop TO partition_owner;
        GRANT CREATE ON DATABASE "{shop.value("SELECT current_database()")}" TO partition_owner;
        ALTER TABLE shop.orders OWNER TO partition_owner;
        ALTER TABLE shop.{name} OWNER TO partition_owner;
        ALTER TABLE shop.{name} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE shop.{name} FORCE ROW LEVEL SECURITY;
        CREATE POLICY mine ON shop.{name} USING (buyer_id = 1);
        """
    )
    url = psycopg.conninfo.make_conninfo(shop.url, user="partition_owner")
    try:
        with pytest.raises(PartitionError, match="row-level security"):
            archive(url, "shop.orders", keep_months=6, to=str(tmp_path))
        assert shop.partitions() == [name]
        shop.run(f"ALTER TABLE shop.{name} NO FORCE ROW LEVEL SECURITY")
        (done,) = archive(url, "shop.orders", keep_months=6, to=str(tmp_path))
        assert done.rows == 5
    finally:
        shop.run("DROP OWNED BY partition_owner CASCADE; DROP ROLE partition_owner")


def test_one_archiver_at_a_time(shop: Shop, tmp_path: Path) -> None:
    """The second waits; and says so when that takes too long."""
    shop.make(12)
    shop.query(
        "SELECT pg_advisory_lock(hashtextextended('pgrepo archiving or restoring shop.orders', 0))"
    )
    with pytest.raises(PartitionError, match="another process has been archiving or restoring"):
        archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path), wait=0)


def test_a_detach_that_was_interrupted(shop: Shop, tmp_path: Path) -> None:
    """A reader in a long transaction is in the way; later, the detaching is brought to its end."""
    name = shop.make(12, rows=4)
    with psycopg.connect(shop.url) as reader:
        reader.execute("SELECT count(*) FROM shop.orders")
        with pytest.raises(PartitionError, match="could not be had for 0 s"):
            archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path), wait=0)
        assert shop.value("SELECT inhdetachpending FROM pg_inherits "
                          "WHERE inhparent = 'shop.orders'::regclass")  # fmt: skip
    assert shop.value(f"SELECT count(*) FROM shop.{name}") == 4
    (done,) = archive(shop.url, "shop.orders", keep_months=6, to=str(tmp_path))
    assert done.rows == 4
    assert shop.partitions() == []
    assert shop.value("SELECT to_regclass(%s)", f"shop.{name}") is None


def test_the_command(shop: Shop, tmp_path: Path) -> None:
    """What it archived and restored, in its words."""
    name = shop.make(12, rows=4)

    def run(*arguments: str) -> str:
        arguments = ("partitions", *arguments, "--dsn", shop.url)
        result = CliRunner().invoke(build_app(), arguments)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    archiving = ("archive", "shop.orders", "--keep-months", "6", "--to", str(tmp_path))
    assert run(*archiving) == (
        f"archived shop.{name}, 4 rows, in {tmp_path}/shop.orders/{name}.parquet\n"
    )
    assert run(*archiving) == "shop.orders has nothing that old\n"
    assert run("restore", "shop.orders", name, "--from", str(tmp_path)) == (
        f"restored shop.{name}, 4 rows\n"
    )


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed pyarrow is told what to install."""
    monkeypatch.setitem(sys.modules, "pgrepo.operate.partitions.archives", None)
    arguments = ["partitions", "restore", "shop.orders", "orders_2024_01", "--from", "x"]
    result = CliRunner().invoke(build_app(), arguments)
    assert result.exit_code == 1
    assert result.stderr == "archives need pyarrow and fsspec: pip install 'pgrepo[archive]'\n"
