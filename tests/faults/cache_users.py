"""Readers and writers of cached profiles, each a process that may be killed at any moment.

    python -m tests.faults.cache_users writer URL REDIS FILE ACCOUNT
    python -m tests.faults.cache_users reader URL REDIS FILE ACCOUNTS NUMBER

A writer counts up in one account's name, and notes in a shared file what it was told is written.
Readers look there first, and then read: what they get is never older. They note there how much
they have read, and how much of that came from the cache, and end at SIGTERM.
"""

from __future__ import annotations

import mmap
import random
import signal
import struct
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from pgrepo import Database, RedisCache
from pgrepo.domains.monumento import Monumento

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS = 4
"""In each process."""
_FORMAT = struct.Struct("<q")
# Redis is killed here, not slow. On a busy machine it must not seem so.
_TIMEOUT = 10.0


def user_id(number: int) -> UUID:
    """The account of a number."""
    return UUID(int=1 + number)


class Told:
    """Numbers shared by processes.

    First for each account the newest version of which its writer was told; then for each process
    of readers how many reads there were, and how many answers from the cache.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def __getitem__(self, user: int) -> int:
        version: int = _FORMAT.unpack_from(self._memory, user * _FORMAT.size)[0]
        return version

    def __setitem__(self, user: int, version: int) -> None:
        _FORMAT.pack_into(self._memory, user * _FORMAT.size, version)

    @staticmethod
    def make(path: Path, numbers: int) -> Told:
        """Makes the file, for so many numbers."""
        path.write_bytes(bytes(numbers * _FORMAT.size))
        return Told(path)


@contextmanager
def connected(url: str, redis: str) -> Iterator[Monumento]:
    """The domain, with the cache."""
    with (
        RedisCache(redis, timeout=_TIMEOUT) as cache,
        Database(url, cache=cache, max_size=READERS) as database,
    ):
        yield Monumento(database)


def write(monumento: Monumento, told: Told, user: int) -> None:
    """Counts up in an account's name until it is killed."""
    stored = monumento.users.user_by_id(user_id=user_id(user))
    assert stored is not None
    version = int(stored.full_name or 0)
    while True:
        version += 1
        monumento.users.update_user(user_id=user_id(user), full_name=str(version))
        told[user] = version


@dataclass
class Reader:
    """Reads until it is stopped; `wrong` says what was older than it may be."""

    monumento: Monumento
    told: Told
    users: int
    stopped: threading.Event
    reads: int = 0
    wrong: str = ""

    def run(self) -> None:
        """Reads."""
        try:
            while not self.stopped.is_set():
                self._read(random.randrange(self.users))  # noqa: S311
        except BaseException as error:  # noqa: BLE001 - it is told
            self.wrong = f"a reader failed: {error!r}"

    def _read(self, user: int) -> None:
        told = self.told[user]
        found = self.monumento.users.user_profile(user_id=user_id(user))
        version = -1 if found is None else int(found.full_name or 0)
        self.reads += 1
        if version < told:
            self.wrong = f"account {user} was read at {version}, after {told} was written"


def read(monumento: Monumento, told: Told, users: int, number: int) -> None:
    """Reads with several threads until SIGTERM."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    cache = monumento._source.cache
    assert cache is not None
    at = users + 2 * number
    reads, hits = told[at], told[at + 1]
    readers = [Reader(monumento, told, users, stopped) for _ in range(READERS)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    while not stopped.wait(0.05) and not any(reader.wrong for reader in readers):
        told[at] = reads + sum(reader.reads for reader in readers)
        told[at + 1] = hits + cache.statistics.hits
    stopped.set()
    for thread in threads:
        thread.join()
    wrong = [reader.wrong for reader in readers if reader.wrong]
    if wrong:
        sys.exit("\n".join(wrong))


def main() -> None:
    """Does what the command line says."""
    role, url, redis, path, *numbers = sys.argv[1:]
    told = Told(Path(path))
    with connected(url, redis) as monumento:
        act = write if role == "writer" else read
        act(monumento, told, *map(int, numbers))


if __name__ == "__main__":
    main()
