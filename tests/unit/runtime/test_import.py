"""What importing pgrepo does, and does not."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pgrepo

ROOT = Path(__file__).parent.parent.parent.parent


def run(code: str) -> str:
    """Runs code in a fresh interpreter and returns what it prints."""
    path = f"import sys; sys.path[:] = {sys.path!r}\n"
    command = [sys.executable, "-c", path + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_version() -> None:
    """The version is the project's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert pgrepo.__version__ == project["version"]


def test_every_name_is_there() -> None:
    """All exports exist, and no other name does."""
    for name in pgrepo.__all__:
        assert getattr(pgrepo, name) is not None
    assert set(pgrepo.__all__) <= set(dir(pgrepo))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = pgrepo.nothing


def test_importing_is_light() -> None:
    """`import pgrepo` loads no driver, no parser, no tool."""
    heavy = "psycopg psycopg_pool msgspec aiosql pgvector typer rich asyncio"
    assert run(f"import pgrepo; print(sorted(set('{heavy}'.split()) & set(sys.modules)))") == "[]"


TOOLS = "pgrepo.bench pgrepo.cli pgrepo.compiler pgrepo.embedded pgrepo.operate tests"
LIBRARIES = "numpy opentelemetry pgvector psutil pytest redis rich typer"


@pytest.mark.parametrize("domain", ["audiotricks", "monumento"])
def test_a_domain_loads_no_tools(domain: str) -> None:
    """Neither the import of a domain nor its queries load a tool; the import no query either."""
    code = f"""
import pgrepo, pgrepo.domains.{domain} as domain
print(sorted(set("{TOOLS} {LIBRARIES} aiosql pgrepo.sqlfiles".split()) & set(sys.modules)))
from pgrepo.sqlfiles.library import load_queries, locate
assert load_queries(locate(domain.__file__, "queries/{domain}"))
print(sorted(set("{TOOLS} {LIBRARIES}".split()) & set(sys.modules)))
"""
    assert run(code).splitlines() == ["[]", "[]"]


def test_importing_reads_no_environment_and_logs_nothing() -> None:
    """Neither the environment nor logging is touched by importing."""
    code = """
import os, logging
import psycopg, psycopg_pool, msgspec
class Watched(type(os.environ)):
    def __getitem__(self, key): raise AssertionError(key)
os.environ.__class__ = Watched
before = dict(logging.root.manager.loggerDict)
import pgrepo.runtime
assert dict(logging.root.manager.loggerDict) == before
print('quiet')
"""
    assert run(code) == "quiet"
