"""`pgrepo dump littlemonster` writes one file that makes the same schema as the five."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.testing import CliRunner

from pgrepo import embedded
from pgrepo.cli.main import build_app
from pgrepo.domains.littlemonster import Littlemonster
from pgrepo.errors import EmbeddedServerError
from pgrepo.operate.migrate import baseline, dump, verify
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Iterator

Catalog = dict[str, list[tuple[Any, ...]]]

# Asked without anything in the search path, so that every name comes out qualified.
QUESTIONS: dict[str, LiteralString] = {
    "tables": """
        SELECT relname, relkind, relpersistence, reloptions, relrowsecurity, relreplident
        FROM pg_class
        WHERE relnamespace = 'littlemonster'::regnamespace AND relkind NOT IN ('i', 'I')
    """,
    "columns": """
        SELECT
            attrelid::regclass::text, attnum, attname, format_type(atttypid, atttypmod),
            attnotnull, attidentity, attgenerated, attstorage, attcompression,
            attcollation::regcollation::text, pg_get_expr(adbin, adrelid)
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'littlemonster'::regnamespace AND relkind = 'r' AND attnum > 0
    """,
    "constraints": """
        SELECT
            conrelid::regclass::text, conname, contype, convalidated, condeferrable,
            pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'littlemonster'::regnamespace
    """,
    "indexes": """
        SELECT indexrelid::regclass::text, indisvalid, indisclustered, pg_get_indexdef(indexrelid)
        FROM pg_index
        JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'littlemonster'::regnamespace
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid)
        FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'littlemonster'::regnamespace AND NOT tgisinternal
    """,
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid), proacl::text
        FROM pg_proc
        WHERE pronamespace = 'littlemonster'::regnamespace AND prokind IN ('f', 'p')
    """,
    "types": """
        SELECT typname, typtype, format_type(typbasetype, typtypmod)
        FROM pg_type
        WHERE typnamespace = 'littlemonster'::regnamespace AND typtype <> 'c' AND typelem = 0
    """,
    "comments": """
        SELECT object.type, object.identity, description
        FROM pg_description
        CROSS JOIN LATERAL pg_identify_object(classoid, objoid, objsubid) AS object
        WHERE object.identity ~ '\\mlittlemonster\\M'
    """,
    "extensions": """
        SELECT extname, extnamespace::regnamespace::text, extversion
        FROM pg_extension
    """,
}


def catalog(url: str) -> Catalog:
    """All that PostgreSQL knows of the schema."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = ''")
        return {
            what: sorted(connection.execute(question).fetchall(), key=repr)
            for what, question in QUESTIONS.items()
        }


@pytest.fixture
def empty_url(server_url: str, littlemonster_url: str) -> Iterator[str]:
    """An empty database beside the one that the five files have built."""
    name = f"{conninfo_to_dict(littlemonster_url)['dbname']}_master"
    quoted = psycopg.sql.Identifier(name)
    drop = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted))
        yield make_conninfo(littlemonster_url, dbname=name)
        admin.execute(drop)


def master_schema(url: str, directory: Path) -> Path:
    """Has the command line write it."""
    file = directory / "master-schema.sql"
    done = CliRunner().invoke(
        build_app(), ["dump", "littlemonster", "--dsn", url, "--output", str(file)]
    )
    assert done.exit_code == 0, done.output
    return file


def psql() -> Path | str:
    """The embedded server's, or the machine's own."""
    try:
        program = embedded.binaries() / "psql"
    except EmbeddedServerError:
        program = Path()
    found = program if program.is_file() else shutil.which("psql")
    return found or pytest.skip("there is no psql")


def test_the_master_schema_is_the_five_files(
    littlemonster_url: str, empty_url: str, tmp_path: Path
) -> None:
    """Applied to an empty database it gives the same catalog, and the same dump again."""
    file = master_schema(littlemonster_url, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(file.read_bytes())
    expected, built = catalog(littlemonster_url), catalog(empty_url)
    for what, rows in expected.items():
        assert built[what] == rows, what
    assert dump(empty_url, "littlemonster") == file.read_text(encoding="utf-8")

    domain = shipped_domain("littlemonster")
    assert len(baseline(empty_url, domain, version="5")) == 5
    verified = verify(empty_url, domain)
    assert verified.is_equal, verified.render()
    assert_usable(empty_url)


def assert_usable(url: str) -> None:
    """Defaults, generated columns and triggers do their work."""
    with psycopg.connect(url) as connection:
        domain = Littlemonster(connection)
        row = connection.execute(
            "INSERT INTO littlemonster.users (email) VALUES ('ada@example.org') RETURNING id"
        ).fetchone()
        assert row is not None
        conversation = domain.conversations.create_conversation(user_id=row[0])
        domain.messages.append_message(
            conversation_id=conversation.id, role="user", content="Hello"
        )
        (listed,) = domain.conversations.recent_conversations(user_id=row[0])
        assert (listed.message_count, listed.last_message) == (1, "Hello")
        domain.study_materials.create_material(user_id=row[0], title="Cells", content="Nuclei")
        assert domain.study_materials.search_materials(user_id=row[0], words="cell")


def test_psql_runs_the_master_schema(
    littlemonster_url: str, empty_url: str, tmp_path: Path
) -> None:
    """`psql -f`, as the reference deploys it, stops at no error."""
    file = master_schema(littlemonster_url, tmp_path)
    done = subprocess.run(
        [
            psql(), "--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1",
            "--dbname", empty_url, "--file", file,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert catalog(empty_url) == catalog(littlemonster_url)


def test_the_comparison_sees_everything(littlemonster_url: str) -> None:
    """Whatever is changed, it shows; and the schema is as large as the reference says."""
    before = catalog(littlemonster_url)
    constraints = [row[2] for row in before["constraints"]]
    assert len([row for row in before["tables"] if row[1] == "r"]) == 12
    assert len(before["indexes"]) >= 30
    assert len(before["triggers"]) >= 4
    assert constraints.count("f") >= 15
    assert ("vector", "public") in [row[:2] for row in before["extensions"]]
    changes: dict[str, LiteralString] = {
        "tables": "ALTER TABLE littlemonster.study_materials RESET (toast_tuple_target)",
        "columns": "ALTER TABLE littlemonster.users ALTER role SET DEFAULT 'teacher'",
        "constraints": "ALTER TABLE littlemonster.messages DROP CONSTRAINT messages_role_check",
        "indexes": "DROP INDEX littlemonster.study_materials_words_idx",
        "triggers": "ALTER TABLE littlemonster.messages DISABLE TRIGGER messages_count_added",
        "functions": "ALTER FUNCTION littlemonster.set_updated_at() STABLE",
        "types": "CREATE DOMAIN littlemonster.email AS text",
        "comments": "COMMENT ON COLUMN littlemonster.messages.model IS 'another'",
        "extensions": "ALTER EXTENSION vector SET SCHEMA littlemonster",
    }
    assert changes.keys() == QUESTIONS.keys()
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        for what, change in changes.items():
            connection.execute(change)
            after = catalog(littlemonster_url)
            assert after[what] != before[what], what
            before = after
