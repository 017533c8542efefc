"""Where archives are: a folder of this machine, or any place that fsspec has a URL for.

A file gets its name when it is whole and on the disk; until then it ends in ".partial".
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from pgrepo.errors import ArchiveError
from pgrepo.operate.partitions.manifest import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.operate.partitions.manifest import Manifest

PARTIAL = ".partial"
_CHUNK = 1 << 20
_HELP = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EFBIG: "name a place where files may be larger",
    errno.EROFS: "name a place that can be written to",
    errno.EACCES: "name a place that can be written to",
    errno.EPERM: "name a place that can be written to",
}


class Destination:
    """The folder for the archives of one table.

    Attributes:
        location: its path or URL, without what may be a password.
    """

    def __init__(self, place: str, folder: str) -> None:
        """Names the folder; nothing is read or written yet.

        Raises:
            ArchiveError: there is no such kind of place, or what it needs is not installed.
        """
        if "://" not in place:
            place = str(Path(place).expanduser().absolute())
        self.location = re.sub(r"(?<=://)[^/@]*@", "", place).rstrip("/") + "/" + folder
        try:
            system, path = url_to_fs(place)
        except (ImportError, ValueError) as error:
            raise ArchiveError(f"{self.location}: {error}") from error
        self._system: Any = system
        self._folder = f"{path.rstrip('/')}/{folder}"
        self._is_local = isinstance(system, LocalFileSystem)

    @contextlib.contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        """Opens a file to write; it is on the disk when this ends.

        Raises:
            ArchiveError: what the disk or the network refuses.
        """
        with self._telling(f"writing {name}"):
            self._make_folder()
            with self._system.open(self._path(name), "wb") as file:
                yield cast("BinaryIO", file)
                if self._is_local:
                    file.flush()
                    os.fsync(file.fileno())

    @contextlib.contextmanager
    def read(self, name: str) -> Iterator[BinaryIO]:
        """Opens a file to read and to seek in; nothing of it comes from a cache.

        Raises:
            ArchiveError: what the disk or the network refuses.
        """
        with self._telling(f"reading {name}"):
            self._system.invalidate_cache()
            with self._system.open(self._path(name), "rb") as file:
                yield cast("BinaryIO", file)

    def rename(self, name: str) -> None:
        """Gives a partial file its name. Object stores copy it and remove the first."""
        with self._telling(f"writing {name}"):
            self._system.mv(self._path(name + PARTIAL), self._path(name))
            if self._is_local:
                _sync(Path(self._folder))

    def tidy(self, name: str) -> None:
        """Frees what a partial file takes; where even that fails, the first failure is the news."""
        with contextlib.suppress(OSError):
            self._system.rm_file(self._path(name + PARTIAL))

    def sha256(self, name: str) -> tuple[str, int]:
        """Reads a file from one end to the other; returns its SHA-256 and its size in bytes."""
        digest, size = hashlib.sha256(), 0
        with self.read(name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return digest.hexdigest(), size

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether the file of a manifest is there, byte for byte."""
        with self._telling(f"reading {manifest.file}"):
            if not self._exists(manifest.file):
                return False
        return self.sha256(manifest.file) == (manifest.sha256, manifest.bytes)

    def read_manifest(self, partition: str) -> Manifest | None:
        """Returns the manifest of a partition, None where there is none.

        Raises:
            ArchiveError: it cannot be read, or is that of something else.
        """
        name = f"{partition}.json"
        with self._telling(f"reading {name}"):
            if not self._exists(name):
                return None
        with self.read(name) as file:
            found = decode(file.read(), f"{self.location}/{name}")
        if (found.partition, found.file) != (partition, f"{partition}.parquet"):
            raise ArchiveError(f"{self.location}/{name} is the manifest of {found.partition}")
        return found

    def write_manifest(self, manifest: Manifest) -> None:
        """Writes a manifest, whole or not at all."""
        name = f"{manifest.partition}.json"
        with self.write(name + PARTIAL) as file:
            file.write(encode(manifest))
        self.rename(name)

    def archives(self) -> list[str]:
        """Returns the names of the partitions that have a manifest."""
        with self._telling("reading it"):
            if not self._exists(""):
                return []
            found = self._system.ls(self._folder, detail=False)
        return sorted(Path(name).stem for name in found if name.endswith(".json"))

    def _make_folder(self) -> None:
        if not self._is_local:
            self._system.makedirs(self._folder, exist_ok=True)
            return
        folder = Path(self._folder)
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for path in missing:
            _sync(path.parent)

    def _exists(self, name: str) -> bool:
        self._system.invalidate_cache()
        return bool(self._system.exists(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    @contextlib.contextmanager
    def _telling(self, doing: str) -> Iterator[None]:
        """Tells what a disk or a network refuses as an ArchiveError."""
        try:
            yield
        except OSError as error:
            said = error.strerror or str(error) or type(error).__name__
            remedy = _HELP.get(error.errno or 0, "see to it")
            raise ArchiveError(
                f"{self.location}: {doing} failed: {said}\n"
                f"help: {remedy}, and run this again; nothing was lost"
            ) from error


def _sync(directory: Path) -> None:
    """Sees to it that the names in a folder survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
