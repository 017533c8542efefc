"""All contestants together, on one server and in one process."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import harness
import psycopg

from peers.stage import agree, build

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from peers.stage import Entrant, Stage

NEEDED = ("asyncpg", "sqlalchemy", "greenlet", "django", "tortoise")
PACKAGES = ("psycopg", "aiosql", "asyncpg", "sqlalchemy", "django", "tortoise-orm", "msgspec")
SYNCHRONOUS = ("pgrepo_itself", "by_hand", "sqlalchemy_peer", "django_peer")
ASYNCHRONOUS = ("pgrepo_itself", "by_hand", "sqlalchemy_peer", "tortoise_peer")


@dataclass(frozen=True)
class Contest:
    """The contestants, ready to read.

    Attributes:
        stage: where they are.
        entrants: all of them, pgrepo first.
        directory: for files that are needed meanwhile.
        version: the server's.
    """

    stage: Stage
    entrants: list[Entrant]
    directory: Path
    version: int


def command_line(document: str | None, rounds: int = 40, **sizes: int) -> argparse.Namespace:
    """The options of a contest.

    Args:
        document: of the benchmark.
        rounds: how many turns each contestant has.
        sizes: further options, with what they are by default.

    Raises:
        SystemExit: a peer is not installed, and is not to be left out.
    """
    parser = harness.command_line(document, rounds)
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument(
        "--alone", action="store_true", help="leave out the peers that pgrepo does not need itself"
    )
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    options = parser.parse_args()
    if not options.alone and not harness.present(*NEEDED):
        raise SystemExit(1)
    return options


@contextmanager
def contest(*, alone: bool = False) -> Iterator[Contest]:
    """Starts a server, lets the contestants enter, and sees that they all find the same.

    Args:
        alone: whether only those enter for which no other package is needed.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgrepo-bench-")))
        url = stack.enter_context(harness.server())
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)
        asyncio.set_event_loop(loop)
        stage = build(url, directory, loop)
        stack.callback(sys.path.remove, str(directory))
        entrants: list[Entrant] = []
        for name in SYNCHRONOUS[:2] if alone else SYNCHRONOUS:
            module = import_module(f"peers.{name}")
            entrants += stack.enter_context(module.synchronous(stage))
        outside = AsyncExitStack()
        stack.callback(lambda: loop.run_until_complete(outside.aclose()))
        for name in ASYNCHRONOUS[:1] if alone else ASYNCHRONOUS:
            module = import_module(f"peers.{name}")
            entering = outside.enter_async_context(module.asynchronous(stage))
            entrants += loop.run_until_complete(entering)
        agree(stage, entrants)
        with psycopg.connect(url) as connection:
            version = connection.info.server_version
        yield Contest(stage, entrants, directory, version)
