"""`pgrepo load`: sample and synthetic data, the same at every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Run


def count(url: str, table: str) -> int:
    """How many rows a table has."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_load(pgrepo: Run, monumento_url: str) -> None:
    """Loads what the scale says, tells of it in plain lines, and adds nothing when run again."""
    arguments = ("load", "monumento", "--scale", "0.01", "--dsn", monumento_url)
    result = pgrepo(*arguments)
    assert result.stderr == ""
    assert "messages: 4,000 rows added" in result.stdout
    assert "sample: " in result.stdout
    messages = count(monumento_url, "monumento.messages")
    assert messages == 4_000 + 40
    assert pgrepo(*arguments).stdout == "nothing new: all of it was there\n"
    assert count(monumento_url, "monumento.messages") == messages


def test_larger_scale(pgrepo: Run, monumento_url: str) -> None:
    """A larger scale adds to a smaller one."""
    for scale in ("0.01", "0.02"):
        pgrepo("load", "monumento", "--scale", scale, "--dsn", monumento_url)
    assert count(monumento_url, "monumento.users") == 2 + 3


def test_sample(pgrepo: Run, monumento_url: str) -> None:
    """--sample loads the sample alone."""
    told = pgrepo("load", "monumento", "--sample", "--dsn", monumento_url).stdout
    assert told.startswith("sample: ")
    assert len(told.splitlines()) == 1
    assert count(monumento_url, "monumento.messages") == 40


def test_not_migrated(pgrepo: Run, database_url: str) -> None:
    """Without the schema, the error says what to run first."""
    result = pgrepo("load", "monumento", "--dsn", database_url, status=1)
    assert "01_users.sql" in result.stderr
    assert "run `pgrepo migrate monumento` on this database first" in result.stderr


def test_no_data(pgrepo: Run, project: Path) -> None:
    """A domain without data says where it would be looked for."""
    assert "src/shop/sql/load" in pgrepo("load", "shop", cwd=project, status=1).stderr


def test_broken_step(pgrepo: Run, project: Path, database_url: str) -> None:
    """A file that is no step, and one that PostgreSQL refuses, are shown with their place."""
    pgrepo("migrate", "--dsn", database_url, cwd=project)
    load = project / "src/shop/sql/load"
    load.mkdir()
    (load / "01.sql").write_text("INSERT INTO shop.orders (email) VALUES ('a');\n")
    arguments = ("load", "shop", "--dsn", database_url)
    assert "01.sql:1:1: error[PGR411]" in pgrepo(*arguments, cwd=project, status=1).stderr
    (load / "01.sql").write_text("-- step: orders\nINSERT INTO shop.orders (mail)\nVALUES ('a');\n")
    error = pgrepo(*arguments, cwd=project, status=1).stderr
    assert "src/shop/sql/load/01.sql:2:26: error[PGR410]" in error
    (load / "01.sql").write_text(
        "-- step: orders, repeat 3\nINSERT INTO shop.orders (email)\n"
        "SELECT format('%s/%s %s', current_setting('pgrepo.part'), "
        "current_setting('pgrepo.parts'), current_setting('pgrepo.scale'));\n"
    )
    assert pgrepo(*arguments, "--scale", "2.5", cwd=project).stdout == "orders: 3 rows added\n"
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT email FROM shop.orders ORDER BY email").fetchall()
    assert [email.split()[0] for (email,) in rows] == ["1/3", "2/3", "3/3"]
    assert {float(email.split()[1]) for (email,) in rows} == {2.5}
