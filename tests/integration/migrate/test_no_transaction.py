"""Files without a transaction: what an interrupted run leaves, and how a retry mends it."""

from __future__ import annotations

import psycopg
import pytest

from pgrepo.errors import MigrationFailed, SourceError
from pgrepo.operate.migrate import State, status
from pgrepo.operate.migrate.ledger import record_started
from pgrepo.operate.migrate.session import open_session
from pgrepo.sqlfiles.ddl import read_ddl_directory

INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
CREATE = "CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON shop.users (email);"
FILE = f"-- pgrepo: no-transaction\n{CREATE}\n"


def start(shop, name: str, statement: str) -> None:
    """Leaves the ledger as a migrator does that is killed while a file runs."""
    (file,) = (file for file in read_ddl_directory(shop.sql) if file.path.name == name)
    with open_session(shop.url) as session:
        record_started(session, "shop", file, statement)


@pytest.fixture
def duplicates(shop):
    """A shop with an email twice, so that a unique index cannot be built."""
    shop.migrate()
    shop.connection.execute("INSERT INTO shop.users (email) VALUES ('a'), ('a')")
    return shop


def make_invalid(shop, statement: str = CREATE) -> None:
    """Leaves an INVALID index, as an interrupted build does."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        shop.connection.execute(statement)
    assert shop.query(INVALID)


def test_an_index_is_built_concurrently(shop):
    """The file runs outside a transaction and is in the ledger."""
    shop.write("V2__key.sql", FILE)
    assert [file.version for file in shop.migrate()] == [(1,), (2,)]
    assert shop.query("SELECT status, statement FROM pgrepo.migrations WHERE version = '2'") == [
        ("applied", None)
    ]
    assert shop.value(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop.users_email_key'::regclass"
    )


def test_a_failed_build_leaves_neither_index_nor_row(duplicates):
    """The migrator is alive and cleans up at once; mended data lets the next run succeed."""
    duplicates.write("V2__key.sql", FILE)
    with pytest.raises(MigrationFailed, match=r"V2__key.sql:2:1: .*could not create unique index"):
        duplicates.migrate()
    assert duplicates.query(INVALID) == []
    assert duplicates.versions() == ["1"]
    duplicates.connection.execute("DELETE FROM shop.users")
    assert len(duplicates.migrate()) == 1


def test_a_retry_drops_the_index_that_the_interrupted_run_left_and_no_other(duplicates):
    """Somebody else's INVALID index on the same table is somebody else's."""
    duplicates.write("V2__key.sql", FILE)
    start(duplicates, "V2__key.sql", CREATE.rstrip(";"))
    make_invalid(duplicates)
    make_invalid(duplicates, "CREATE UNIQUE INDEX CONCURRENTLY theirs ON shop.users (email)")
    duplicates.connection.execute("DELETE FROM shop.users")

    plan = status(duplicates.url, "shop", duplicates.sql)
    assert [file.state for file in plan.files] == [State.APPLIED, State.STARTED]
    assert [file.version for file in duplicates.migrate()] == [(2,)]
    assert duplicates.query(INVALID) == [("shop.theirs",)]
    assert duplicates.query("SELECT DISTINCT status FROM pgrepo.migrations") == [("applied",)]


def test_a_run_that_was_killed_after_its_statement_is_only_recorded(shop):
    """The index is there and whole: it is not built twice, and it is not an error."""
    shop.migrate()
    shop.write("V2__key.sql", FILE)
    start(shop, "V2__key.sql", CREATE.rstrip(";"))
    shop.connection.execute(CREATE)
    before = shop.value("SELECT 'shop.users_email_key'::regclass::oid")
    assert [file.version for file in shop.migrate()] == [(2,)]
    assert shop.value("SELECT 'shop.users_email_key'::regclass::oid") == before


def test_an_index_that_was_there_before_is_not_taken_for_ours(shop):
    """PostgreSQL's refusal stands however often the file is tried, and the index stays."""
    shop.migrate()
    shop.connection.execute("CREATE INDEX users_email_key ON shop.users (id)")
    shop.write("V2__key.sql", FILE)
    for _ in range(2):
        with pytest.raises(MigrationFailed, match="already exists"):
            shop.migrate()
    assert shop.versions() == ["1"]
    assert "(id)" in shop.value("SELECT pg_get_indexdef('shop.users_email_key'::regclass)")


def test_an_invalid_index_that_was_there_before_is_not_dropped(duplicates):
    """It is not the file's, even if it has the same name."""
    make_invalid(duplicates)
    duplicates.write("V2__key.sql", FILE)
    with pytest.raises(MigrationFailed, match="already exists"):
        duplicates.migrate()
    assert duplicates.query(INVALID) == [("shop.users_email_key",)]


def test_a_started_file_may_be_mended(duplicates):
    """What the interrupted run left is removed although the file builds another index now."""
    duplicates.write("V2__key.sql", FILE)
    start(duplicates, "V2__key.sql", CREATE.rstrip(";"))
    make_invalid(duplicates)
    duplicates.write("V2__key.sql", "CREATE INDEX users_email_idx ON shop.users (email);")
    assert [file.version for file in duplicates.migrate()] == [(2,)]
    assert duplicates.query(INVALID) == []
    assert duplicates.value("SELECT to_regclass('shop.users_email_key') IS NULL")


def test_names_that_need_quotes_are_found(duplicates):
    """A quoted, dotted index name in a quoted schema is dropped like any other."""
    statement = 'CREATE UNIQUE INDEX CONCURRENTLY "E.mail ""x" ON "shop"."users" (email)'
    duplicates.write("V2__key.sql", f"-- pgrepo: no-transaction\n{statement};\n")
    start(duplicates, "V2__key.sql", statement)
    make_invalid(duplicates, statement)
    duplicates.connection.execute("DELETE FROM shop.users")
    assert len(duplicates.migrate()) == 1
    assert duplicates.query(INVALID) == []


def test_a_reindex_cleans_up_after_itself(duplicates):
    """An interrupted REINDEX leaves an index with a suffix, which the retry drops."""
    duplicates.connection.execute("CREATE INDEX users_email_idx ON shop.users (email)")
    make_invalid(
        duplicates, "CREATE UNIQUE INDEX CONCURRENTLY users_email_idx_ccnew ON shop.users (email)"
    )
    make_invalid(duplicates, "CREATE UNIQUE INDEX CONCURRENTLY other_ccnew ON shop.users (email)")
    statement = "REINDEX INDEX CONCURRENTLY shop.users_email_idx"
    duplicates.write("V2__reindex.sql", f"-- pgrepo: no-transaction\n{statement};\n")
    start(duplicates, "V2__reindex.sql", statement)
    assert len(duplicates.migrate()) == 1
    assert duplicates.query(INVALID) == [("shop.other_ccnew",)]


def test_an_interrupted_drop_is_finished_or_recorded(shop):
    """Dropped already: that is what the file wants."""
    shop.migrate()
    shop.connection.execute("CREATE INDEX users_email_idx ON shop.users (email)")
    statement = "DROP INDEX CONCURRENTLY shop.users_email_idx"
    shop.write("V2__drop.sql", f"-- pgrepo: no-transaction\n{statement};\n")
    start(shop, "V2__drop.sql", statement)
    shop.connection.execute(statement)
    assert len(shop.migrate()) == 1


def test_an_index_without_a_name_is_refused(shop):
    """It could not be found again after an interruption."""
    shop.write(
        "V2__key.sql",
        "-- pgrepo: no-transaction\nCREATE INDEX CONCURRENTLY ON shop.users (email);\n",
    )
    with pytest.raises(
        SourceError, match=r"V2__key.sql:2:1: error\[PGR404\]: the index has no name"
    ):
        shop.migrate()


def test_other_statements_run_without_a_transaction_too(shop):
    """VACUUM would refuse one."""
    shop.write("V2__vacuum.sql", "-- pgrepo: no-transaction\nVACUUM shop.users;\n")
    assert len(shop.migrate()) == 2
