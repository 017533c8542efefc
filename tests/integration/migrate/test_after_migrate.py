"""afterMigrate.sql: what runs after every migration."""

from __future__ import annotations

import threading

import psycopg
import pytest

from pgrepo.errors import MigrationError, MigrationFailed, SourceError
from pgrepo.operate.migrate import baseline, dump, migrate, status, verify

COUNT = "INSERT INTO shop.runs DEFAULT VALUES;"
RUNS = "CREATE TABLE shop.runs (id bigint GENERATED ALWAYS AS IDENTITY, role text DEFAULT user);"
PARTITIONED = """
CREATE TABLE shop.sales (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE INDEX sales_at_idx ON shop.sales (at);
"""
PARTITION = """
CREATE TABLE IF NOT EXISTS shop."Sales $1" PARTITION OF shop.sales
    FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
"""


@pytest.fixture
def counting(shop):
    """A domain that counts how often its afterMigrate.sql has run."""
    shop.write("V002__runs.sql", RUNS)
    shop.write("afterMigrate.sql", COUNT)
    return shop


def runs(shop):
    """How often it has run."""
    return shop.value("SELECT count(*) FROM shop.runs")


def test_it_runs_each_time_and_is_in_no_ledger(counting):
    """After files were applied, and when there were none."""
    assert [file.version for file in counting.migrate()] == [(1,), (2,)]
    assert runs(counting) == 1
    assert counting.migrate() == []
    assert runs(counting) == 2
    assert counting.versions() == ["1", "2"]
    assert [file.version for file in status(counting.url, "shop", counting.sql).files] == [
        (1,),
        (2,),
    ]


def test_it_may_be_edited(counting):
    """It is not append-only: the next run has the new text."""
    counting.migrate()
    counting.write("afterMigrate.sql", COUNT * 3)
    counting.migrate()
    assert runs(counting) == 4


def test_it_does_not_run_when_a_file_fails(counting):
    """What it builds on may not be there."""
    counting.migrate()
    counting.write("V003__bad.sql", "CREATE TABLE shop.runs (id bigint);")
    with pytest.raises(MigrationFailed):
        counting.migrate()
    assert runs(counting) == 1


def test_a_refusal_says_where(counting):
    """The file and the line; the files before it stay applied, and it leaves nothing half done."""
    counting.write("afterMigrate.sql", f"{COUNT}\n\nSELECT shop.no_such_function();\n")
    with pytest.raises(MigrationFailed) as caught:
        counting.migrate()
    assert "afterMigrate.sql:3:8: error[PGR401]: function shop.no_such_function()" in str(
        caught.value
    )
    assert counting.versions() == ["1", "2"]
    assert runs(counting) == 0


def test_an_exception_in_a_function_says_where(counting):
    """Where PostgreSQL gives no position, the statement is shown."""
    counting.write("afterMigrate.sql", "\nDO $$ BEGIN RAISE 'no disk' USING HINT = 'buy'; END $$;")
    with pytest.raises(MigrationFailed) as caught:
        counting.migrate()
    assert "afterMigrate.sql:2:1: error[PGR401]: no disk" in str(caught.value)
    assert "= help: buy" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-- pgrepo: no-transaction\nVACUUM;", "PGR142"),
        ("SELECT 1;\nCOMMIT;", "PGR402"),
        ("COPY shop.runs FROM STDIN;", "PGR403"),
        ("SELECT 'open", "PGR101"),
    ],
)
def test_what_cannot_run_is_found_before_anything_is_applied(counting, text, code):
    """Such a file stops the whole migration."""
    counting.write("afterMigrate.sql", text)
    with pytest.raises(SourceError) as caught:
        counting.migrate()
    assert caught.value.code == code
    assert "afterMigrate.sql" in caught.value.file
    assert counting.value("SELECT to_regclass('shop.users')") is None


def test_its_settings_do_not_stay(counting):
    """As with every file, what it sets is undone; a role too."""
    counting.write("afterMigrate.sql", f"SET search_path = shop; SET ROLE pg_monitor; {COUNT}")
    with pytest.raises(MigrationFailed, match="permission denied"):
        counting.migrate()
    counting.write("afterMigrate.sql", f"SET search_path = shop; {COUNT}")
    with psycopg.connect(counting.url, autocommit=True) as connection:
        migrate(connection, "shop", counting.sql)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert runs(counting) == 1


def test_it_steps_back_from_locks(counting):
    """It waits as a file does: shortly, again and again, until the lock is free."""
    counting.migrate()
    counting.write("afterMigrate.sql", f"ALTER TABLE shop.users ALTER email DROP DEFAULT; {COUNT}")
    with psycopg.connect(counting.url) as reader:
        reader.execute("SELECT count(*) FROM shop.users")
        release = threading.Timer(0.5, reader.rollback)
        release.start()
        counting.migrate(lock_timeout=0.1)
        release.join()
    assert runs(counting) == 2


def test_a_lock_that_never_comes_free(counting):
    """After `wait` seconds it gives up, and says who to look for."""
    counting.migrate()
    counting.write("afterMigrate.sql", "ALTER TABLE shop.users ALTER email DROP DEFAULT;")
    with psycopg.connect(counting.url) as reader:
        reader.execute("SELECT count(*) FROM shop.users")
        with pytest.raises(MigrationFailed, match="keeps the table locked"):
            counting.migrate(wait=0.2, lock_timeout=0.05)
        reader.rollback()


def test_other_callbacks_are_refused(shop):
    """Flyway has more of them; one that is silently not run would be missed."""
    for name in ("beforeMigrate.sql", "afterEachMigrate.sql", "AfterMigrate.sql"):
        path = shop.write(name, "SELECT 1;")
        with pytest.raises(SourceError, match="a callback that pgrepo does not run") as caught:
            shop.migrate()
        assert caught.value.code == "PGR140"
        path.unlink()


def test_partitions_that_it_makes_are_left_out(shop):
    """`verify`, `baseline` and `dump` leave partitions alone, whatever their names are."""
    shop.write("V002__sales.sql", PARTITIONED)
    shop.write("afterMigrate.sql", PARTITION)
    shop.migrate()
    shop.migrate()
    assert verify(shop.url, "shop", shop.sql).is_equal
    text = dump(shop.url, "shop")
    assert "Without partitions" in text
    assert "PARTITION BY RANGE (at)" in text
    assert "Sales $1" not in text
    assert "ATTACH" not in text

    shop.connection.execute("DROP SCHEMA shop CASCADE; DROP SCHEMA pgrepo CASCADE")
    shop.connection.execute(text.encode())
    assert len(baseline(shop.url, "shop", shop.sql, version="2", verify=True)) == 2
    assert shop.migrate() == []
    assert shop.value("""SELECT to_regclass('shop."Sales $1"') IS NOT NULL""")
    assert dump(shop.url, "shop") == text
    shop.connection.execute('DROP TABLE shop."Sales $1"')
    assert dump(shop.url, "shop") == text


def test_what_else_it_makes_is_compared(shop):
    """A view that it creates is no difference; one that somebody dropped is."""
    shop.write(
        "afterMigrate.sql", "CREATE OR REPLACE VIEW shop.mails AS SELECT email FROM shop.users;"
    )
    shop.migrate()
    assert verify(shop.url, "shop", shop.sql).is_equal
    shop.connection.execute("DROP VIEW shop.mails")
    assert [d.name for d in verify(shop.url, "shop", shop.sql).differences if d.kind == "view"] == [
        "shop.mails"
    ]
    with pytest.raises(MigrationError, match="is not what its files make"):
        baseline(shop.url, "shop", shop.sql, version="1", verify=True)
    # A pending file may be what it builds on.
    shop.migrate()
    shop.write("V002__more.sql", "CREATE TABLE shop.more (id bigint);")
    shop.write("afterMigrate.sql", "CREATE OR REPLACE VIEW shop.mores AS SELECT FROM shop.more;")
    assert verify(shop.url, "shop", shop.sql).pending != ()
