"""`pgrepo bench` as a user runs it: what it prints, and its exit status."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner

from pgrepo.cli.main import build_app

if TYPE_CHECKING:
    from pathlib import Path

Bench = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(bazaar_home: Path, tmp_path: Path) -> Path:
    """A copy of the project."""
    return shutil.copytree(bazaar_home, tmp_path / "bazaar")


@pytest.fixture
def bench(environment: dict[str, str], home: Path) -> Bench:
    """Runs `pgrepo bench` in the project, and checks its exit status."""

    def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "pgrepo", "bench", *arguments],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == status, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result

    return run


# Nothing is called slower that may be so by chance: a machine that is busy with other tests may
# hide it.
@pytest.mark.flaky(reruns=3)
def test_a_dropped_index_is_named(bench: Bench, home: Path) -> None:
    """--compare finds the query that lost its index, names both, and the status is 1."""
    short = ("--scale", "1", "--seconds", "0.2", "--query", "recent_orders", "--query", "*_by_id")
    first = bench(*short, "--save", "before.json", "--explain")
    assert "recent_orders" in first.stdout
    assert "p95" in first.stdout
    assert first.stderr == ""
    plan = json.loads((home / "before.json").read_text())["domains"][0]["scales"][0]["queries"]
    told = json.dumps([query["plans"] for query in plan])
    assert "Index Cond" in told
    assert "@example.com" not in told

    migration = home / "src/bazaar/sql/V002__no_index.sql"
    migration.write_text("DROP INDEX bazaar.orders_email_created_at_idx;\n")
    options = ("--compare", "before.json", "--html", "report.html", "--json")
    compared = bench(*short, *options, status=1)
    assert (
        json.loads(compared.stdout).keys() == json.loads((home / "before.json").read_text()).keys()
    )
    found = compared.stderr
    assert "bazaar.recent_orders at scale 1: slower by " in found
    assert "  index orders_email_created_at_idx is no longer used: Seq Scan on orders" in found
    page = (home / "report.html").read_text()
    assert "index orders_email_created_at_idx is no longer used" in page


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ("--no-load --scale 1", 2, "leave one out"),
        ("--no-load --writes", 2, "--no-load only reads"),
        ("--strict", 2, "--compare"),
        ("--compare none.json", 1, "none.json: it cannot be read"),
        ("--html none/report.html", 1, "make it first"),
        ("--query recent_order", 2, "did you mean recent_orders?"),
        ("--rounds 0", 2, "--rounds"),
    ],
)
def test_contradictions(
    arguments: str, status: int, told: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done is told before anything is measured."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere.invalid")
    result = CliRunner().invoke(build_app(), ["bench", *arguments.split()])
    assert result.exit_code == status
    assert told in result.stderr


def test_no_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without data to load says where it would be looked for."""
    shutil.rmtree(home / "src/bazaar/sql/load")
    monkeypatch.chdir(home)
    result = CliRunner().invoke(build_app(), ["bench", "--dsn", "postgresql://nowhere.invalid"])
    assert result.exit_code == 1
    assert "bazaar has no data to load: put .sql files into" in result.stderr


def test_ctrl_c(environment: dict[str, str], home: Path, server_url: str) -> None:
    """Ctrl-C ends it with status 130, and its database is dropped."""
    measuring = "SELECT datname FROM pg_stat_activity WHERE application_name LIKE 'pgrepo bench %'"
    process = subprocess.Popen(
        [sys.executable, "-m", "pgrepo", "bench", "--seconds", "60"],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with psycopg.connect(server_url, autocommit=True) as connection:
        while not (rows := connection.execute(measuring).fetchall()):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert "interrupted" in told
        assert "Traceback" not in told
        left = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert rows[0] not in left
