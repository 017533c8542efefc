"""Processes that run for long: watched, interrupted, and shown on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEP = "SELECT pg_sleep(613);\n"


@contextlib.contextmanager
def started(
    cwd: Path, environment: dict[str, str], *arguments: str, log: Path
) -> Iterator[subprocess.Popen[str]]:
    """A command in the background, which writes to a file."""
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "pgrepo", *arguments],
            cwd=cwd,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=file,
            stderr=file,
            text=True,
            # Tests in the background inherit an ignored SIGINT, which Python would respect.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Waits for what a process will do."""
    while not condition():
        assert process.poll() is None
        time.sleep(0.05)


def test_watch(environment: dict[str, str], project: Path, tmp_path: Path) -> None:
    """Each change of SQL, of generated code or of pyproject.toml is checked, until Ctrl-C."""
    log = tmp_path / "log"
    queries = project / "src/shop/queries/orders.sql"
    module = project / "src/shop/repositories/orders.py"
    pyproject = project / "pyproject.toml"
    good = {path: path.read_text() for path in (queries, module, pyproject)}
    with started(project, environment, "check", "--watch", log=log) as process:
        told = 0

        def see(words: str) -> None:
            nonlocal told
            told += 1
            wait_until(lambda: log.read_text().count("waiting for changes") == told, process)
            assert words in log.read_text().split("waiting for changes")[told - 1]

        see("all clear: shop")
        for path, bad, words in (
            (queries, good[queries].replace("shop.orders", "shop.ordres"), "error[PGR"),
            (module, good[module] + "# edited\n", "error[PGR301]"),
            (pyproject, "[tool.pgrepo", "this is not TOML"),
        ):
            new = path.with_suffix(".new")
            new.write_text(bad)
            new.replace(path)  # as many editors save
            see(words)
            path.write_text(good[path])
            see("all clear: shop")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("verb", ["generate", "check", "migrate", "load shop"])
def test_interrupt(
    environment: dict[str, str], project: Path, tmp_path: Path, database_url: str, verb: str
) -> None:
    """Ctrl-C ends it at once: status 130, and nothing is left of what it had begun."""
    environment["DATABASE_URL"] = database_url
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(613)%%' AND pid <> %s"
    databases = "SELECT array_agg(datname ORDER BY datname) FROM pg_database"

    if verb == "load shop":
        (project / "src/shop/sql/load").mkdir()
        (project / "src/shop/sql/load/01.sql").write_text("-- step: one\n" + SLEEP)
    else:
        (project / "src/shop/sql/V002__slow.sql").write_text("CREATE TABLE shop.t ();\n" + SLEEP)
    with psycopg.connect(database_url, autocommit=True) as connection:
        before = connection.execute(databases).fetchone()
        with started(project, environment, *verb.split(), log=tmp_path / "log") as process:
            mine = [connection.info.backend_pid]
            wait_until(lambda: connection.execute(sleeping, mine).fetchone() is not None, process)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        while connection.execute(sleeping, mine).fetchone() is not None:
            time.sleep(0.05)
        assert connection.execute(databases).fetchone() == before
        assert connection.execute("SELECT to_regclass('shop.t')").fetchone() == (None,)
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("verb", ["generate", "check"])
def test_progress(environment: dict[str, str], project: Path, verb: str) -> None:
    """A bar on a terminal; what is printed for a pipe stays out of it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pgrepo", verb],
        cwd=project,
        env={**environment, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal is gone with the process
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"{verb.removesuffix('e')}ing shop".encode() in shown
    assert out == {"generate": "shop is up to date\n", "check": "all clear: shop\n"}[verb]
