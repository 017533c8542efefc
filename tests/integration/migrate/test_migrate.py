"""Applying DDL files: each once, in order, whole or not at all, and refusals that say where."""

from __future__ import annotations

import hashlib
import threading
import time

import psycopg
import pytest

from pgrepo.errors import (
    ChecksumError,
    MigrationError,
    MigrationFailed,
    MigrationLocked,
    SourceError,
    UsageError,
)
from pgrepo.operate.migrate import State, migrate, status
from pgrepo.operate.migrate.session import LOCK_KEY


def test_files_are_applied_in_order_of_version_and_once(shop):
    """V10 comes after V2, and a second run does nothing."""
    shop.write("V10__late.sql", "ALTER TABLE shop.orders ADD COLUMN note text;")
    shop.write("V2__orders.sql", "CREATE TABLE shop.orders (id bigint NOT NULL);")

    assert [file.version for file in shop.migrate()] == [(1,), (2,), (10,)]
    assert shop.migrate() == []
    assert shop.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1"
    ) == [("id",), ("note",)]


def test_the_ledger_tells_what_was_applied(shop):
    """A row has the checksum of the bytes, the file, who and when."""
    path = shop.write("V2_1__the_orders.sql", "CREATE TABLE shop.orders (id bigint);")
    shop.migrate()

    row = shop.query(
        "SELECT domain, description, file, checksum, status, baseline, applied_by, "
        "applied_at <= now(), execution_ms >= 0 FROM pgrepo.migrations WHERE version = '2.1'"
    )[0]
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    user = shop.value("SELECT current_user")
    expected = ("shop", "the orders", path.name, checksum, "applied", False, user, True, True)
    assert row == expected


def test_two_domains_share_a_ledger(shop, tmp_path):
    """The same version of another domain is another row."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "V001__a.sql").write_text("CREATE SCHEMA other;")
    shop.migrate()
    assert len(migrate(shop.url, "other", other)) == 1
    assert shop.query("SELECT domain FROM pgrepo.migrations ORDER BY 1") == [("other",), ("shop",)]


def test_percent_signs_and_dollar_quotes_reach_postgresql_as_they_are(shop):
    """No client-side parsing touches the text."""
    shop.write(
        "V2__f.sql",
        "CREATE FUNCTION shop.f(a int) RETURNS text LANGUAGE plpgsql AS $body$ BEGIN\n"
        "RETURN format('100%% of %s; %s', a % 7, E'it\\'s :x'); END $body$;\n"
        "CREATE FUNCTION shop.g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\n",
    )
    shop.migrate()
    assert shop.value("SELECT shop.f(9)") == "100% of 2; it's :x"
    assert shop.value("SELECT shop.g()") == 2


def test_windows_line_ends_make_the_same_schema(shop):
    """A checkout with CRLF gives functions the same body."""
    body = b"CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS $$\r\nSELECT 1\r\n$$;\r\n"
    (shop.sql / "V2__f.sql").write_bytes(body)
    shop.migrate()
    assert "\r" not in shop.value("SELECT prosrc FROM pg_proc WHERE proname = 'f'")


def test_a_syntax_error_is_told_with_its_place(shop):
    """File, line, column and caret, counted in characters although the file has others."""
    shop.write(
        "V2__bad.sql", "-- Größe — naïve\nSELECT 'äöü€😀';\n  CREATE TABEL shop.x (id int);\n"
    )
    with pytest.raises(MigrationFailed) as caught:
        shop.migrate()
    lines = str(caught.value).splitlines()
    assert lines[0] == 'sql/V2__bad.sql:3:10: error[PGR401]: syntax error at or near "TABEL"'
    assert lines[2:4] == ["3 |   CREATE TABEL shop.x (id int);", "  |          ^^^^^"]
    assert isinstance(caught.value.__cause__, psycopg.errors.SyntaxError)


def test_an_error_without_a_position_is_told_with_its_statement(shop):
    """PostgreSQL points nowhere for a duplicate table: the statement that made it is shown."""
    shop.write("V2__twice.sql", "SELECT 1;\n\n;\nCREATE TABLE shop.a (i int);\n"
               "CREATE TABLE shop.users (\n    i int\n);\nSELECT 2;\n")  # fmt: skip
    with pytest.raises(MigrationFailed, match=r"V2__twice.sql:5:1: .*already exists") as caught:
        shop.migrate()
    assert "5 | CREATE TABLE shop.users (" in str(caught.value)


def test_the_hint_is_the_help(shop):
    """What PostgreSQL advises is passed on."""
    shop.write("V2__bad.sql", "SELECT emial FROM shop.users;")
    with pytest.raises(MigrationFailed, match=r'= help: Perhaps you meant .* "users.email"'):
        shop.migrate()


def test_an_integrity_error_keeps_the_data_to_itself(shop):
    """The values of a duplicate key are not in the message."""
    shop.migrate()
    shop.connection.execute("INSERT INTO shop.users (email) VALUES ('who@x'), ('who@x')")
    shop.write("V2__key.sql", "CREATE UNIQUE INDEX users_email_key ON shop.users (email);")
    with pytest.raises(MigrationFailed, match="could not create unique index") as caught:
        shop.migrate()
    assert "who@x" not in str(caught.value)


def test_a_deferred_constraint_that_fails_at_commit_fails_the_file(shop):
    """An error at COMMIT is an error of the file, and nothing of it stays."""
    shop.write(
        "V2__deferred.sql",
        "CREATE TABLE shop.a (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO shop.a VALUES (1), (1);",
    )
    with pytest.raises(MigrationFailed, match="duplicate key"):
        shop.migrate()
    assert shop.versions() == ["1"]
    assert shop.value("SELECT to_regclass('shop.a') IS NULL")


def test_a_failed_file_leaves_nothing_and_the_ones_before_it_stay(shop):
    """The file and its row are one transaction."""
    shop.write("V2__ok.sql", "CREATE TABLE shop.a (id int);")
    bad = shop.write("V3__bad.sql", "CREATE TABLE shop.b (id int); SELECT 1/0;")
    with pytest.raises(MigrationFailed, match="division by zero"):
        shop.migrate()
    assert shop.versions() == ["1", "2"]
    assert shop.value("SELECT to_regclass('shop.b') IS NULL")

    bad.write_text("CREATE TABLE shop.b (id int);")
    assert [file.version for file in shop.migrate()] == [(3,)]


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("COMMIT;", "COMMIT"),
        ("begin;", "begin"),
        ("START TRANSACTION;", "START"),
        ("ROLLBACK;", "ROLLBACK"),
        ("END;", "END"),
        ("PREPARE TRANSACTION 'x';", "PREPARE"),
    ],
)
def test_a_file_with_transaction_control_is_refused_before_anything_runs(shop, statement, word):
    """It would tear the file from its row; not even the files before it are run."""
    shop.write("V2__commit.sql", f"CREATE TABLE shop.a (id int);\n{statement}\n")
    with pytest.raises(SourceError, match=word) as caught:
        shop.migrate()
    assert (caught.value.code, caught.value.line, caught.value.column) == ("PGR402", 2, 1)
    assert shop.value("SELECT to_regnamespace('shop') IS NULL")


def test_savepoints_are_allowed(shop):
    """They stay inside the transaction."""
    shop.write(
        "V2__savepoint.sql",
        "SAVEPOINT a; CREATE TABLE shop.gone (); ROLLBACK TO a; CREATE TABLE shop.kept ();",
    )
    shop.migrate()
    assert shop.value("SELECT to_regclass('shop.gone') IS NULL")
    assert shop.value("SELECT to_regclass('shop.kept') IS NOT NULL")


def test_copy_from_stdin_is_refused(shop):
    """Only psql could send the rows."""
    shop.write("V2__copy.sql", "COPY shop.users FROM STDIN;\n1\ta\n\\.\n")
    with pytest.raises(SourceError, match="INSERT"):
        shop.migrate()


def test_an_edited_file_is_refused_with_both_checksums(shop):
    """The message names the file, what it is and what it was."""
    before = shop.migrate() and hashlib.sha256((shop.sql / "V001__users.sql").read_bytes())
    path = shop.write("V001__users.sql", "CREATE SCHEMA shop;")
    shop.write("V2__new.sql", "CREATE TABLE shop.a (id int);")
    with pytest.raises(ChecksumError) as caught:
        shop.migrate()
    message = str(caught.value)
    assert "sql/V001__users.sql" in message
    assert before.hexdigest() in message
    assert hashlib.sha256(path.read_bytes()).hexdigest() in message
    assert shop.versions() == ["1"]


def test_a_missing_applied_file_is_refused(shop):
    """The database is newer than the files."""
    extra = shop.write("V2__a.sql", "CREATE TABLE shop.a (id int);")
    shop.migrate()
    extra.unlink()
    with pytest.raises(MigrationError, match=r"version 2 of shop \(V2__a.sql\).*gone"):
        shop.migrate()


def test_a_new_file_with_an_old_version_is_refused(shop):
    """It would run in another order here than in a fresh database."""
    shop.write("V3__a.sql", "CREATE TABLE shop.a (id int);")
    shop.migrate()
    shop.write("V2__b.sql", "CREATE TABLE shop.b (id int);")
    with pytest.raises(MigrationError, match=r"V2__b.sql is new, but V3__a.sql|above 3"):
        shop.migrate()


def test_status_shows_every_state(shop):
    """Applied, edited, missing, out of order and pending, in order of version."""
    for version in (2, 3, 5):
        shop.write(f"V{version}__t.sql", f"CREATE TABLE shop.t{version} (id int);")
    assert [file.state for file in status(shop.url, "shop", shop.sql).files] == [State.PENDING] * 4
    shop.migrate()
    shop.write("V2__t.sql", "SELECT 1;")
    (shop.sql / "V3__t.sql").unlink()
    shop.write("V4__late.sql", "SELECT 1;")
    shop.write("V6__new.sql", "SELECT 1;")
    assert [file.state.value for file in status(shop.url, "shop", shop.sql).files] == [
        "applied", "edited", "missing", "out of order", "applied", "pending",
    ]  # fmt: skip


def test_status_of_a_database_without_a_ledger_changes_nothing(shop):
    """Looking leaves no trace."""
    status(shop.url, "shop", shop.sql)
    assert shop.value("SELECT to_regnamespace('pgrepo') IS NULL")


def test_a_file_cannot_change_the_session_of_the_next(shop):
    """A SET, as at the top of a pg_dump, ends with its file; so does a SET ROLE."""
    shop.write(
        "V2__set.sql", "SET search_path = shop; SET lock_timeout = '7s'; SET ROLE pg_monitor;"
    )
    shop.write(
        "V3__look.sql",
        "CREATE TABLE shop.seen AS SELECT current_setting('search_path') AS path, "
        "current_setting('lock_timeout') AS timeout, current_user AS who;",
    )
    shop.migrate(lock_timeout=0.25)
    user = shop.value("SELECT current_user")
    assert shop.query("SELECT * FROM shop.seen") == [('"$user", public', "250ms", user)]


def test_a_borrowed_connection_is_given_back_as_it_was(shop):
    """It keeps its autocommit, and its row factory does not matter."""
    with psycopg.connect(shop.url, row_factory=psycopg.rows.dict_row) as connection:
        assert len(migrate(connection, "shop", shop.sql)) == 1
        assert connection.autocommit is False
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert connection.execute("SELECT count(*) AS n FROM shop.users").fetchone() == {"n": 0}
        with pytest.raises(UsageError, match="in a transaction"):
            migrate(connection, "shop", shop.sql)


def test_another_migrator_is_waited_for_and_named(shop):
    """The wait is bounded; the message names the process that has the lock."""
    shop.connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
    pid = shop.connection.info.backend_pid
    with pytest.raises(MigrationLocked, match=rf"process {pid} .*after 0.3 s"):
        shop.migrate(wait=0.3)
    shop.connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
    assert len(shop.migrate(wait=0.3)) == 1


def test_a_locked_table_is_asked_for_again_and_again(shop):
    """The file steps back after lock_timeout, tries again, and succeeds once the lock is free."""
    shop.migrate()
    shop.write(
        "V2__add.sql", "CREATE TABLE shop.a (id int);\nALTER TABLE shop.users ADD note text;"
    )
    with psycopg.connect(shop.url) as reader:
        reader.execute("SELECT * FROM shop.users")
        with pytest.raises(MigrationFailed, match=r"V2__add.sql:2:1.*lock timeout") as caught:
            shop.migrate(wait=0.2, lock_timeout=0.05)
        assert "pg_stat_activity" in str(caught.value)
        thread = threading.Timer(0.3, reader.rollback)
        thread.start()
        assert [file.version for file in shop.migrate(lock_timeout=0.05)] == [(2,)]
        thread.join()


def test_four_migrators_at_once_apply_each_file_once(shop):
    """One works, three wait and find nothing left to do."""
    for version in range(2, 8):
        shop.write(f"V{version}__t.sql", f"CREATE TABLE shop.t{version} (); SELECT pg_sleep(0.02);")
    shop.write("V8__index.sql", "-- pgrepo: no-transaction\n"
               "CREATE INDEX CONCURRENTLY users_email_idx ON shop.users (email);")  # fmt: skip
    applied: list[tuple[int, ...]] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            applied.extend(file.version for file in shop.migrate())
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(applied) == [(version,) for version in range(1, 9)]


def test_a_lost_connection_says_so_and_nothing_is_half_done(shop):
    """An administrator ends the session in the middle of a file."""
    shop.migrate()
    shop.write("V2__slow.sql", "CREATE TABLE shop.a (); SELECT pg_sleep(20);")

    def terminate() -> None:
        while not shop.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'pgrepo migrate' AND wait_event = 'PgSleep'"
        ):
            time.sleep(0.01)

    thread = threading.Thread(target=terminate)
    thread.start()
    with pytest.raises(MigrationFailed, match=r"V2__slow.sql"):
        shop.migrate()
    thread.join()
    assert shop.versions() == ["1"]
    assert shop.value("SELECT to_regclass('shop.a') IS NULL")


def test_no_connection_is_an_error_that_hides_the_password(tmp_path):
    """A server that is not there, and a URL that is none."""
    with pytest.raises(MigrationError, match="no connection") as caught:
        status("postgresql://me:hunter2@127.0.0.1:1/x", "shop", tmp_path)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(MigrationError, match="not a PostgreSQL URL"):
        status("nonsense", "shop", tmp_path)
