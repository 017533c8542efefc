"""When the fast path is taken at all."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from pgrepo.runtime import fast


@pytest.mark.parametrize(
    ("version", "implementation", "taken"),
    [
        ("3.3.9", "binary", True),
        ("3.3.10", "c", True),
        ("3.3", "binary", False),
        ("3.3.8", "binary", False),
        ("3.3.17", "binary", True),
        ("3.3.9", "python", False),
        ("3.2.13", "binary", False),
        ("3.4", "binary", False),
        ("3.30.1", "binary", False),
        ("3.3.0rc1", "binary", False),
        ("4.0.0", "c", False),
        ("0.0.0.0", "c", False),  # noqa: S104 - what psycopg says where it does not know
    ],
)
def test_tested_versions(version: str, implementation: str, taken: bool) -> None:
    """Only with psycopg's C extension, and on a version that was tested."""
    assert fast.tested(version, implementation) is taken


def test_installed_version() -> None:
    """It is taken on the psycopg that these tests run on."""
    assert fast.enabled
    assert fast.tested(psycopg.__version__, psycopg.pq.__impl__)


def test_unknown_version() -> None:
    """On another psycopg the module can be imported, and stays out of the way."""
    code = (
        "import psycopg; psycopg.__version__ = '9.9'; from pgrepo.runtime import fast; "
        "print(fast.enabled)"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "False\n"
