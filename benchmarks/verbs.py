"""Runs pgrepo's verbs as a user runs them, each in a process of its own, and takes their time."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import harness
from results import Target, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_MOST_SECONDS = 5.0
VERBS = ("generate", "check")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The server that the environment names, or a fresh one; neither is pinned to a core."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
    else:
        with harness.unpinned_server() as (url, _):
            yield url


def run(verb: str, root: Path, url: str, *options: str) -> float:
    """Runs a verb in a project; the seconds it takes."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pgrepo", verb, *options],
        cwd=root,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def works(taken: dict[str, dict[str, list[float]]], where: str) -> list[Work]:
    """A work for each verb, with the median and the target of each state of the cache."""
    found = []
    for verb, states in taken.items():
        medians = {state: statistics.median(seconds) for state, seconds in states.items()}
        targets = [
            Target(f"({state})", seconds, at_most=AT_MOST_SECONDS, unit="s")
            for state, seconds in medians.items()
        ]
        found.append(Work(f"pgrepo {verb}, {where}", "s", medians, targets))
    return found
