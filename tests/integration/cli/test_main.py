"""What all verbs have in common: help, exit statuses, and errors as text."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.cli.conftest import Run

VERBS = (
    "demo", "init", "generate", "check", "describe", "migrate", "status", "verify", "dump",
    "baseline", "load", "server",
)  # fmt: skip


def test_help_names_every_verb(pgrepo: Run) -> None:
    """The help says what pgrepo is, and names every verb."""
    help_text = pgrepo("--help").stdout
    assert "Typed Python repositories from hand-written SQL." in help_text
    for verb in VERBS:
        assert f" {verb} " in help_text


def test_version(pgrepo: Run) -> None:
    """--version prints that of the package."""
    assert pgrepo("--version").stdout == f"pgrepo {version('pgrepo')}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_help(pgrepo: Run, verb: str) -> None:
    """Every verb says how it is used."""
    result = pgrepo(verb, "--help")
    assert f"Usage: pgrepo {verb}" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("verb", ["demo", "init", "generate", "check", "describe", "load"])
def test_examples(pgrepo: Run, verb: str) -> None:
    """The verbs for newcomers show examples."""
    assert f"  pgrepo {verb}" in pgrepo(verb, "--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("generat",),
        ("init",),
        ("load", "monumento", "--scale", "none"),
        ("describe", "missing.sql"),
        ("describe",),
        ("describe", "--sql", "SELECT 1", "--format", "xml"),
    ],
)
def test_wrong_usage(pgrepo: Run, arguments: tuple[str, ...]) -> None:
    """What cannot be meant ends with status 2 and nothing on stdout."""
    result = pgrepo(*arguments, status=2)
    assert result.stdout == ""
    assert "Usage: pgrepo" in result.stderr


@pytest.mark.parametrize("verb", ["generate", "check", "migrate", "status"])
def test_no_project(pgrepo: Run, verb: str) -> None:
    """Outside a project, a verb that needs one says how to get one."""
    result = pgrepo(verb, status=1)
    assert result.stdout == ""
    assert "run `pgrepo init`" in result.stderr


def test_unknown_domain(pgrepo: Run) -> None:
    """A domain that is misspelt is told, with a suggestion."""
    assert "did you mean 'monumento'?" in pgrepo("load", "monumneto", status=1).stderr


def test_no_server(pgrepo: Run) -> None:
    """A server that cannot be reached is told in a few lines, without the connection string."""
    url = "postgresql://someone:secret@127.0.0.1:1/nowhere"
    result = pgrepo("describe", "--sql", "SELECT 1", "--dsn", url, status=1)
    assert "the database cannot be reached" in result.stderr
    assert "--dsn" in result.stderr
    assert "secret" not in result.stderr


def test_malformed_dsn(pgrepo: Run) -> None:
    """A connection string that is none is told without repeating it."""
    dsn = "postgres//a:secret@b"
    result = pgrepo("describe", "--sql", "SELECT 1", "--dsn", dsn, status=1)
    assert "the connection string cannot be read" in result.stderr
    assert "secret" not in result.stderr


def test_interrupt(environment: dict[str, str]) -> None:
    """Ctrl-C ends a command with status 130 and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        port = listener.getsockname()[1]
        dsn = f"postgresql://someone@127.0.0.1:{port}/x"
        process = subprocess.Popen(
            [sys.executable, "-m", "pgrepo", "describe", "--sql", "SELECT 1", "--dsn", dsn],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Tests in the background inherit an ignored SIGINT, which Python would respect.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        # It waits for an answer that does not come.
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
