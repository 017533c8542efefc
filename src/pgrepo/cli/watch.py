"""Work done again whenever a project's files change.

Files are looked at a few times a second, which for some hundred files takes a few milliseconds.
That also finds what notifications of the operating system miss: files on a network or in a
container's volume, and a pyproject.toml that an editor replaces.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from pgrepo.cli.common import console, err_console, reporting, say
from pgrepo.errors import PgrepoError
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrepo.project import DomainFiles

_EVERY = 0.3
"""Seconds between two looks; what changes within them is one change."""

_State = frozenset[tuple[Path, int, int]]


def watch_files(names: Sequence[str], work: Callable[[], object]) -> NoReturn:
    """Does work now, and whenever a file of the domains, or pyproject.toml, has changed.

    Errors are told, and waited for to be mended. It ends with KeyboardInterrupt.
    """
    domains: list[DomainFiles] = []
    while True:
        with contextlib.suppress(PgrepoError, OSError):  # told below, by the work
            domains = select_domains(names)
        before = _look(domains)
        console.clear()  # nothing where there is no terminal
        with contextlib.suppress(typer.Exit), reporting():
            work()
        say("waiting for changes; Ctrl-C ends", style="dim", to=err_console)
        _wait_for_change(domains, before)


def _wait_for_change(domains: Sequence[DomainFiles], before: _State) -> None:
    """Waits for a change, and then until all is quiet: a branch may just be checked out."""
    while (now := _look(domains)) == before:
        time.sleep(_EVERY)
    while now != before:
        before = now
        time.sleep(_EVERY)
        now = _look(domains)


def _look(domains: Sequence[DomainFiles]) -> _State:
    """What tells one state of the files from another one."""
    found = []
    for path in _files(domains):
        with contextlib.suppress(OSError):  # it is just being replaced
            status = path.stat()
            found.append((path, status.st_mtime_ns, status.st_size))
    return frozenset(found)


def _files(domains: Sequence[DomainFiles]) -> Iterator[Path]:
    here = Path.cwd()
    yield from (directory / "pyproject.toml" for directory in (here, *here.parents))
    for domain in domains:
        yield from domain.sql.glob("*.sql")
        yield from domain.queries.glob("*.sql")
        if domain.output is not None:
            yield from domain.output.glob("*.py")
