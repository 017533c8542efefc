"""Whatever a user gets wrong, or the machine: a message and a status, and never a traceback."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.cli.conftest import Invoke

DOMAIN = """
[tool.pgrepo.domains.shop]
sql = "src/shop/sql"
queries = "src/shop/queries"
output = "src/shop/repositories"
"""


# pyproject.toml and the files it names ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.pgrepo", "this is not TOML"),
        (b"\xff\xfe", "this is not TOML"),
        ("[tool]\npgrepo = 3", "tool.pgrepo must be a table"),
        ("[tool.pgrepo]\ndomains = [1]", "tool.pgrepo.domains must be a table"),
        ("[tool.pgrepo]\ndomians = {}", "did you mean 'domains'?"),
        (DOMAIN.replace("src/shop/sql", "nowhere"), "'nowhere' is not a directory"),
        (DOMAIN.replace("src/shop/sql", "pyproject.toml"), "is not a directory"),
        (DOMAIN.replace("src/shop/sql", "a\\u0000b"), "is not a directory"),
        (DOMAIN.replace('sql = "src/shop/sql"', "sql = 7"), "must be a path in quotes, not 7"),
    ],
)
@pytest.mark.parametrize("verb", [(), ("check",), ("status",)], ids=" ".join)
def test_configuration(
    invoke: Invoke, project: Path, text: str | bytes, told: str, verb: tuple[str, ...]
) -> None:
    """A mistake in pyproject.toml is told with the file, whatever is asked."""
    written = text if isinstance(text, bytes) else text.encode()
    (project / "pyproject.toml").write_bytes(written)
    ended = invoke(*verb)
    assert ended.status == 1
    assert f"{project / 'pyproject.toml'}: " in ended.err
    assert told in ended.err


def test_no_domain_yet(invoke: Invoke, project: Path) -> None:
    """A table without domains is no mistake, and says what to add."""
    (project / "pyproject.toml").write_text("[tool.pgrepo]\n")
    ended = invoke()
    assert ended.status == 0
    assert "add [tool.pgrepo.domains.<name>]" in ended.out


@pytest.mark.parametrize(
    "verb",
    ["check", "describe", "migrate", "status", "verify", "load shop", "erd"],
)
def test_not_text(invoke: Invoke, project: Path, verb: str) -> None:
    """A file that is not UTF-8 is named, with what to do."""
    (project / "src/shop/sql/V002__latin.sql").write_bytes(b"-- caf\xe9\n")
    (project / "src/shop/sql/sample").mkdir()
    (project / "src/shop/sql/sample/latin.sql").write_bytes(b"-- caf\xe9\n")
    ended = invoke(*verb.split())
    assert ended.status == 1
    assert "latin.sql:1:7: error[PGR101]: the byte 0xe9 is not UTF-8" in ended.err


@pytest.mark.parametrize("verb", ["generate", "check"])
def test_output_in_the_way(invoke: Invoke, project: Path, verb: str) -> None:
    """A directory where a file should be, or a file where the package should be, is told."""
    repositories = project / "src/shop/repositories"
    (repositories / "orders.py").unlink()
    (repositories / "orders.py").mkdir()
    assert "Is a directory" in invoke(verb).err
    shutil.rmtree(repositories)
    repositories.write_text("mine")
    assert invoke(verb).status == 1
    assert repositories.read_text() == "mine"


def test_module_that_is_not_text(invoke: Invoke, project: Path) -> None:
    """A file beside the generated ones is nobody's business, whatever is in it."""
    (project / "src/shop/repositories/own.py").write_bytes(b"# caf\xe9\n")
    assert invoke("check").out == "all clear: shop\n"


@pytest.mark.parametrize(
    "arguments", ["dump monumento --output", "erd --write", "bench --html", "bench --compare"]
)
def test_directory_for_a_file(
    invoke: Invoke, project: Path, database_url: str, arguments: str
) -> None:
    """A directory that is named where a file is meant."""
    del database_url
    ended = invoke(*arguments.split(), str(project))
    assert ended.status in {1, 2}
    assert ended.err


# The database -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("garbage", "postgresql://user@host"),
        ("postgresql://%zz", "postgresql://user@host"),
        ("postgresql://127.0.0.1:1/x", "connection"),
        ("sslmode=bogus", "invalid sslmode"),
        ("postgresql://nosuch.invalid/x", "failed to resolve host"),
    ],
)
@pytest.mark.parametrize(
    "verb",
    ["check", "status", "dump", "erd", "explain recent_orders", "partitions status"],
)
def test_connection_strings(invoke: Invoke, dsn: str, told: str, verb: str) -> None:
    """One that cannot be read, or leads nowhere."""
    ended = invoke(*verb.split(), "--dsn", dsn)
    assert ended.status == 1
    assert told in ended.err


@pytest.fixture
def stranger(server_url: str, database_url: str) -> Iterator[str]:
    """A role that may connect, and nothing else; the conninfo of it in a database."""
    name = sql.Identifier("pgrepo_stranger")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(name))
        yield make_conninfo(database_url, user="pgrepo_stranger", password="x")
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.mark.parametrize("verb", ["check", "generate", "migrate", "demo"])
def test_permissions(invoke: Invoke, stranger: str, verb: str) -> None:
    """A role that may not do what is needed."""
    ended = invoke(verb, "--dsn", stranger)
    assert ended.status == 1
    assert "permission denied" in ended.err


def test_missing_database(invoke: Invoke, server_url: str) -> None:
    """A database that is not there."""
    ended = invoke("migrate", "--dsn", make_conninfo(server_url, dbname="pgrepo_nowhere"))
    assert ended.status == 1
    assert 'database "pgrepo_nowhere" does not exist' in ended.err


# What cannot be meant ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        "check --json --watch",
        "check --json --format github",
        "bench --no-load --scale 1",
        "explain recent_orders --analyze --param emial=x",
        "explain recent_orders --param emial=x",
        "load",
        "init",
        "partitions",
        "server",
        "migrate --wait soon",
    ],
)
def test_usage(invoke: Invoke, arguments: str) -> None:
    """Status 2, and nothing on standard output that a program could take for an answer."""
    ended = invoke(*arguments.split())
    assert ended.status == 2
    assert ended.out == "" or arguments in {"partitions", "server"}


# The machine ------------------------------------------------------------------------------------


def _run(
    project: Path, environment: dict[str, str], script: str
) -> subprocess.CompletedProcess[str]:
    """Runs a line of a shell in the project."""
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=project,
        env={**environment, "PGREPO": f"{sys.executable} -m pgrepo", "PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    return ended


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("$PGREPO --help | head -1 >/dev/null", 1, ""),
        ("$PGREPO --version >/dev/full", 1, "No space left on device\n"),
        ("$PGREPO server status --json >&- 2>&- <&-", 0, ""),
    ],
)
def test_streams(
    project: Path, environment: dict[str, str], script: str, status: int, told: str
) -> None:
    """A reader that has gone, a full disk, and no streams at all."""
    ended = _run(project, environment, script)
    assert (ended.returncode, ended.stderr) == (status, told)


def test_full_disk(project: Path, environment: dict[str, str]) -> None:
    """What could not be written whole is not there by halves."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pgrepo", *arguments],
            cwd=project,
            env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    orders = project / "src/shop/repositories/orders.py"
    orders.write_text(orders.read_text() + "# edited\n")
    before = orders.read_text()
    for arguments in (("generate",), ("init", "other")):
        ended = run(*arguments)
        assert ended.returncode == 1
        assert "File too large" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert orders.read_text() == before
    assert not [path for path in (project / "other").rglob("*") if path.is_file()]
    assert not list(orders.parent.glob("*.tmp"))
