"""What the migrator looks for in a file before PostgreSQL reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgrepo.errors import SourceError
from pgrepo.operate.migrate.statements import IndexStatement, index_statement, read_script
from pgrepo.sqlfiles.ddl import DdlFile


def ddl(text: str) -> DdlFile:
    """A DDL file with this text."""
    path = Path("V1__t.sql")
    return DdlFile((1,), "t", path, "sql/V1__t.sql", text.encode(), "", transactional=True)


@pytest.mark.parametrize(
    "text",
    [
        "COMMIT",
        "SELECT 1; COMMIT AND CHAIN",
        "/* a */ BEGIN",
        "-- a\nend;",
        "ABORT;",
        "ROLLBACK;",
        "START TRANSACTION READ ONLY;",
        "SELECT ';'; ROLLBACK WORK;",
        "PREPARE TRANSACTION 'x'",
        "COPY a FROM STDIN;",
    ],
)
def test_what_would_break_the_transaction_is_found(text):
    """Wherever in the file it stands."""
    with pytest.raises(SourceError, match=r"ledger|psql"):
        read_script(ddl(text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'COMMIT; COMMIT;';",
        "-- COMMIT;\nSELECT 1;",
        "DO $$ BEGIN PERFORM 1; END $$;",
        "CREATE FUNCTION f() RETURNS a BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; END;",
        'CREATE TABLE "COMMIT" ("BEGIN" int);',
        "CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2);",
        "SAVEPOINT a; ROLLBACK TO SAVEPOINT a; ROLLBACK WORK TO a; RELEASE a;",
        "COPY a FROM PROGRAM 'x'; PREPARE p AS SELECT 1;",
        "",
    ],
)
def test_what_only_looks_like_it_is_let_through(text):
    """Strings, comments, bodies, names and savepoints."""
    assert read_script(ddl(text)).source.name == "sql/V1__t.sql"


def test_a_statement_is_given_back_as_written():
    """With its comments inside, without its semicolon."""
    script = read_script(ddl("-- x\nSELECT 1 /* one */ ;\n\nSELECT\n  2;"))
    assert [script.text(0), script.text(1)] == ["SELECT 1", "SELECT\n  2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE INDEX CONCURRENTLY i ON s.t (a)", ("CREATE", "s.t", "s.i")),
        ("create unique index concurrently if not exists i on only t (a)", ("CREATE", "t", "i")),
        ('CREATE INDEX CONCURRENTLY "I.x" ON "S"."T.t" (a)', ("CREATE", '"S"."T.t"', '"S"."I.x"')),
        ("CREATE INDEX CONCURRENTLY ON s.t (a)", ("CREATE", "s.t", None)),
        ("CREATE /* a */ INDEX -- b\n CONCURRENTLY i ON t (a)", ("CREATE", "t", "i")),
        ("DROP INDEX CONCURRENTLY IF EXISTS s.i", ("DROP", None, "s.i")),
        ("REINDEX INDEX CONCURRENTLY s.i", ("REINDEX", None, "s.i")),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE s.t", ("REINDEX", "s.t", None)),
    ],
)
def test_index_statements_are_recognised(text, expected):
    """With the names that find their index, qualified as the table is."""
    assert index_statement(text) == IndexStatement(*expected)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX i ON t (a)",
        "VACUUM t",
        "REINDEX TABLE t",
        "DROP INDEX i",
        "",
        "CREATE TABLE t ()",
    ],
)
def test_other_statements_are_not(text):
    """They leave nothing behind, or are nobody's business."""
    assert index_statement(text) is None
