"""Fragments of the pages, neither files nor commands: each is run in a world of its own."""

from __future__ import annotations

import ast
import shlex
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
import yaml
from psycopg import sql
from typer.main import get_command

from pgrepo import AsyncDatabase, Database
from pgrepo.cli.main import build_app
from pgrepo.compiler.checks.check import check_domain
from pgrepo.domains.littlemonster import Littlemonster
from pgrepo.project import DomainFiles, load_project
from tests.pages import ROOT, blocks_of, fragment, run_fragment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import click

    from tests.integration.conftest import Walk

MIGRATIONS = "docs/explanation/migrations.md"
QUEUES = "docs/explanation/queues.md"
CHECK_CODES = "docs/reference/check-codes.md"
CONFIGURATION = "docs/reference/configuration.md"
PARTITIONS = """
CREATE FUNCTION shop.ensure_partitions() RETURNS void LANGUAGE sql
AS $$ COMMENT ON TABLE shop.orders IS 'looked after' $$;
"""
CURRENCIES = """
CREATE TABLE shop.currencies (code char(3) CONSTRAINT currencies_pkey PRIMARY KEY);
ALTER TABLE shop.orders ADD COLUMN currency char(3)
    CONSTRAINT orders_currency_fkey REFERENCES shop.currencies (code);
"""


def test_effects_with_the_completion(littlemonster_url: str) -> None:
    """What is done in the transaction of the completion is done once."""
    with Database(littlemonster_url) as database:
        jobs = Littlemonster(database).jobs
        jobs.enqueue_job(queue="mail", job_type="welcome", payload={})
        [job] = jobs.claim_jobs(
            queue="mail", worker="w", lease_for=timedelta(minutes=1), batch_size=1
        )
        names = {"Littlemonster": Littlemonster, "database": database, "job": job}
        run_fragment(QUEUES, "with Littlemonster", **names)
        found = jobs.job_by_id(job_id=job.id)
        assert found is not None
        assert found.status == "completed"


def test_files_of_a_migration(walk: Walk, database_url: str) -> None:
    """The callback runs after each migration, and the file without a transaction runs."""
    walk.environment["DATABASE_URL"] = database_url
    walk.begin_project()
    files = walk.here / "src/shop/sql"
    (files / "V002__partitions.sql").write_text(PARTITIONS)
    (files / "V003__index.sql").write_text(fragment(MIGRATIONS, "-- pgrepo: no-transaction"))
    (files / "afterMigrate.sql").write_text(fragment(MIGRATIONS, "-- afterMigrate.sql"))
    walk.run(MIGRATIONS, "$ pgrepo migrate\n")
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT obj_description('shop.orders'::regclass), to_regclass('shop.orders_email_idx')"
        ).fetchone()
    assert row == ("looked after", "shop.orders_email_idx")


async def test_a_token_in_a_cookie(database_url: str) -> None:
    """What a request has written, the next one reads; the page's lines, in a coroutine."""
    text = fragment("docs/how-to/replicas.md", "with database.after")
    code = compile(text, "replicas.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    kept: dict[str, str] = {}

    class Response:
        """Keeps cookies."""

        set_cookie = staticmethod(kept.__setitem__)

    class Request:
        """Gives them back."""

        cookies = kept

    async with AsyncDatabase(database_url) as database:
        for _ in range(2):
            await eval(code, {"database": database, "request": Request, "response": Response})  # noqa: S307
    assert kept.keys() == {"written"}


@pytest.fixture
def shop(tmp_path: Path) -> DomainFiles:
    """A domain with the schema of the page on check codes."""
    domain = DomainFiles(
        "shop", tmp_path, tmp_path / "sql", tmp_path / "queries", None, ("orders",)
    )
    domain.sql.mkdir()
    domain.queries.mkdir()
    [schema] = [block.text for block in blocks_of(CHECK_CODES) if block.title == "schema"]
    (domain.sql / "V001__schema.sql").write_text(schema)
    return domain


def assert_allowed(shop: DomainFiles, name: str, text: str, server_url: str) -> None:
    """Asserts that nothing is found with the comment, and one thing without it."""
    path = shop.root / name
    path.write_text(text)
    assert check_domain(shop, server_url).errors == ()
    path.write_text("".join(line for line in text.splitlines(True) if "allow" not in line))
    assert len(check_domain(shop, server_url).errors) == 1


def test_allowing_in_a_query(shop: DomainFiles, server_url: str) -> None:
    """The page's comment is what makes the difference."""
    with psycopg.connect(server_url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 can be told statistics")
    text = fragment(CHECK_CODES, "-- name: all_orders()\n-- Returns every")
    assert_allowed(shop, "queries/orders.sql", text, server_url)


def test_allowing_in_the_schema(shop: DomainFiles, server_url: str) -> None:
    """Likewise, for the foreign key that the line names."""
    text = CURRENCIES + fragment(CHECK_CODES, "-- pgrepo: allow PGR601 orders_currency")
    assert_allowed(shop, "sql/V002__currencies.sql", text, server_url)


def test_configuration(tmp_path: Path) -> None:
    """The tables of the page are read together, and mean what they say."""
    text = fragment(CONFIGURATION, "[tool.pgrepo.domains.shop]")
    text += fragment(CONFIGURATION, "[tool.pgrepo.domains.shop.")
    (tmp_path / "pyproject.toml").write_text(text)
    for name in ("sql", "queries"):
        (tmp_path / "src/shop" / name).mkdir(parents=True)
    [domain] = load_project(tmp_path / "pyproject.toml").domains
    assert (domain.name, domain.hot) == ("shop", ("orders", "shipments"))
    assert [(scope.name, scope.role) for scope in domain.scopes] == [("tenant", "shop_app")]


@pytest.fixture
def role(database_url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A role that nobody else has, and a connection."""
    name = f"pgrepo_test_{uuid4().hex[:8]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        yield connection, name
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_timeouts_of_a_role(role: tuple[psycopg.Connection[Any], str]) -> None:
    """The role has them afterwards."""
    connection, name = role
    text = fragment("docs/reference/timeouts.md", "ALTER ROLE shop")
    connection.execute(text.replace("ROLE shop", f"ROLE {name}").encode())
    row = connection.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    assert row is not None
    assert len(row[0]) == 3


def test_a_stale_version(database_url: str) -> None:
    """What the page raises in PL/pgSQL has the code and the detail that become a StaleVersion."""
    raised = fragment("docs/reference/errors.md", "RAISE EXCEPTION")
    block = f"DO $$ DECLARE current_version integer := 7; BEGIN {raised} END $$"
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.Error) as caught,
    ):
        connection.execute(block.encode())
    assert (caught.value.sqlstate, caught.value.diag.message_detail) == ("PR001", "7")


def commands() -> list[str]:
    """Every command of pgrepo's that a page shows and no test runs."""
    pages = [
        "README.md",
        *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")),
    ]
    blocks = [block for page in pages for block in blocks_of(page) if block.language == "sh"]
    lines = [
        part for block in blocks for line in block.text.splitlines() for part in line.split("&&")
    ]
    return sorted(
        {line.partition(" #")[0].strip() for line in lines if line.strip()[:7] == "pgrepo "}
    )


@pytest.mark.parametrize("command", commands())
def test_commands_that_are_not_run(command: str) -> None:
    """Their verbs and options are there."""
    group: click.Command = get_command(build_app())
    words = shlex.split(command)[1:]
    while words and words[0] in getattr(group, "commands", {}):
        group = group.commands[words.pop(0)]  # type: ignore[attr-defined]
    assert group.make_context(command, words).command is group


def test_hooks() -> None:
    """The hooks of the page are YAML, and name hooks that there are."""
    page = "docs/how-to/check-before-a-commit.md"
    [ours, local, *_] = [yaml.safe_load(block.text) for block in blocks_of(page)]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    named = {hook["id"] for hook in ours["repos"][0]["hooks"]}
    assert named == {hook["id"] for hook in hooks}
    assert local["repos"][0]["hooks"][0]["entry"] == "pgrepo check"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"][
        "pgrepo"
    ]
