"""The verbs: what they print, and how they end."""

from __future__ import annotations

import json
import tempfile

import pytest
import typer
from typer.testing import CliRunner, Result

from pgrepo.cli import migrate as migrate_verbs
from pgrepo.cli import server as server_verbs
from pgrepo.cli.common import resolve_dsn


@pytest.fixture
def run(shop, monkeypatch):
    """Runs a verb in a project with the domain shop."""
    root = shop.sql.parent
    (root / "queries").mkdir()
    (root / "pyproject.toml").write_text(
        '[tool.pgrepo.domains.shop]\nsql = "sql"\nqueries = "queries"\noutput = "out"\n'
    )
    monkeypatch.chdir(root)
    monkeypatch.setenv("DATABASE_URL", shop.url)
    app = typer.Typer()
    migrate_verbs.register(app)
    server_verbs.register(app)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return run


def test_migrate_names_what_it_applied(run):
    """The second time there is nothing to do."""
    result = run("migrate")
    assert result.exit_code == 0
    assert result.stdout.startswith("applied sql/V001__users.sql in ")
    assert run("migrate", "shop").stdout == "shop is up to date\n"


def test_status_is_a_table_or_json(run):
    """For people and for programs."""
    assert "pending" in run("status").stdout
    run("migrate")
    (row,) = json.loads(run("status", "--json").stdout)
    assert (row["domain"], row["version"], row["file"], row["state"]) == (
        "shop", "1", "sql/V001__users.sql", "applied",
    )  # fmt: skip
    assert row["checksum"] == row["applied_checksum"]


def test_verify_ends_with_status_1_when_something_differs(run, shop):
    """And prints what."""
    run("migrate")
    assert run("verify").stdout == "shop is what its files make\n"
    shop.connection.execute("ALTER TABLE shop.users ADD note text")
    result = run("verify")
    assert result.exit_code == 1
    assert "+ column shop.users.note: only in the database (text)" in result.stdout


def test_dump_prints_or_writes(run, tmp_path):
    """The same text."""
    run("migrate")
    printed = run("dump").stdout
    assert "CREATE TABLE shop.users" in printed
    assert run("dump", "--output", str(tmp_path / "schema.sql")).exit_code == 0
    assert (tmp_path / "schema.sql").read_text() == printed
    assert run("dump", "--output", str(tmp_path / "no" / "schema.sql")).exit_code == 1


def test_baseline_adopts(run, shop):
    """Verified first, if asked."""
    assert run("baseline", "shop", "1", "--verify").exit_code == 1
    shop.connection.execute((shop.sql / "V001__users.sql").read_text())
    result = run("baseline", "shop", "1", "--verify")
    assert (result.exit_code, result.stdout) == (0, "taken as applied: sql/V001__users.sql\n")


def test_mistakes_are_told_without_a_traceback(run, shop):
    """On standard error, with status 1; a broken file with its place and caret."""
    result = run("migrate", "shp")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean 'shop'" in result.stderr

    shop.write("V2__bad.sql", "SELECT [1];")
    result = run("migrate")
    assert result.exit_code == 1
    assert 'sql/V2__bad.sql:1:8: error[PGR401]: syntax error at or near "["' in result.stderr
    assert "Traceback" not in result.output
    assert run("status", "--no-such-option").exit_code == 2


def test_the_option_wins_over_the_environment(run, shop):
    """--dsn, then DATABASE_URL, then the embedded server."""
    assert resolve_dsn(None) == shop.url
    assert "no connection" in run("status", "--dsn", "postgresql://127.0.0.1:1/x").stderr


def test_the_server_verbs(run):
    """Start, url, status, stop: a server that lives on in between."""
    with tempfile.TemporaryDirectory(prefix="pgrepo-cli-") as place:
        option = ("--data-dir", f"{place}/pg")
        assert "is not running" in run("server", "status", *option).stdout
        try:
            first, second = (run("server", "start", *option).stdout for _ in range(2))
            assert "is running (process" in first
            assert "was running already (process" in second
            assert "runs until `pgrepo server stop`" in first
            url = run("server", "url", *option).stdout.strip()
            assert url.startswith("postgresql://")
            assert url in run("server", "status", *option).stdout
        finally:
            assert "is not running" in run("server", "stop", *option).stdout


def test_migrate_says_where_it_works_unless_told(run, monkeypatch, tmp_path):
    """Without DATABASE_URL, on standard error."""
    assert run("migrate").stderr == ""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    try:
        result = run("migrate")
        assert result.stderr.startswith("on the embedded server, database postgres")
        assert result.stdout.startswith("applied sql/V001__users.sql in ")
    finally:
        run("server", "stop")


def test_reset_starts_over(run, shop, monkeypatch, tmp_path):
    """On the embedded server: schema and ledger go; what was refused before is applied."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    try:
        run("migrate")
        shop.write("V001__users.sql", "CREATE SCHEMA shop; CREATE TABLE shop.all_users (id int);")
        refused = run("migrate")
        assert "was edited after it was applied" in refused.stderr
        assert "`pgrepo server reset shop`" in refused.stderr
        unasked = run("server", "reset")
        assert (unasked.exit_code, "say --yes" in unasked.stderr) == (2, True)
        assert run("migrate").exit_code == 1
        told = run("server", "reset", "--yes").stdout
        assert told.startswith("dropped shop with all data in it")
        assert run("migrate").stdout.startswith("applied sql/V001__users.sql in ")
    finally:
        run("server", "stop")


def test_the_versions_of_another_project(run, shop):
    """Two projects whose domains have one name, in one database."""
    run("migrate")
    file = shop.write("V001__users.sql", "CREATE SCHEMA shop;")
    file.rename(file.with_name("V001__guests.sql"))
    refused = run("migrate")
    assert refused.exit_code == 1
    assert (
        "sql/V001__guests.sql is not what this database has as version 1: that was "
        "V001__users.sql, perhaps of another project"
    ) in refused.stderr


def test_reset_drops_nothing_elsewhere(run, shop):
    """DATABASE_URL names a server that is not the one of `pgrepo server`."""
    run("migrate")
    result = run("server", "reset", "--yes")
    assert result.exit_code == 2
    assert "DATABASE_URL names another server" in result.stderr
    assert shop.value("SELECT to_regclass('shop.users') IS NOT NULL") is True


def test_reset_of_no_schema(run, shop):
    """What the files made cannot be told from the rest of public."""
    shop.write("V001__users.sql", "CREATE TABLE public.users (id int);")
    result = run("server", "reset", "--yes")
    assert result.exit_code == 2
    assert "cannot be told from the files of shop" in result.stderr


def test_schema_that_was_dropped(run, shop):
    """The ledger alone is not believed."""
    shop.write("V2__note.sql", "ALTER TABLE shop.users ADD note text;")
    run("migrate")
    shop.connection.execute("DROP SCHEMA shop CASCADE")
    for verb in ("migrate", "status", "verify"):
        result = run(verb)
        assert result.exit_code == 1
        assert (
            "sql/V001__users.sql and sql/V2__note.sql are recorded as applied, but schema shop is "
            "not there; restore the database from a backup" in result.stderr
        )
