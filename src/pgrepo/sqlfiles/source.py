"""A hand-written file's text, and how to speak of a place in it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the names needed to report an error in it.

    Attributes:
        text: the content; every line ends in a single newline character.
        path: where the file is.
        name: the path as shown in messages, relative to the project where possible.
    """

    text: str
    path: Path
    name: str

    def position(self, offset: int) -> tuple[int, int]:
        """Returns the 1-based line and column, in characters, of an offset in the text."""
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        return line, column

    def line(self, number: int) -> str:
        """Returns the text of a 1-based line without its line end."""
        lines = self.text.split("\n", number)
        return lines[number - 1] if number <= len(lines) else ""

    def error(  # noqa: PLR0917 (code, message and place are plain from their order)
        self,
        code: str,
        message: str,
        start: int,
        end: int | None = None,
        help: str | None = None,
        query: str | None = None,
    ) -> SourceError:
        """Returns the error about the text from `start` to `end`, offsets in the text."""
        line, column = self.position(start)
        return SourceError(
            code=code,
            message=message,
            file=self.name,
            line=line,
            column=column,
            source_line=self.line(line),
            width=max(1, (start + 1 if end is None else end) - start),
            help=help,
            query=query,
        )


def shown_name(path: Path, root: Path | None = None) -> str:
    """Returns the path as messages show it: relative to the root when it lies below it."""
    if root is not None and path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix()


def read_source(path: Path, root: Path | None = None) -> Source:
    """Reads a UTF-8 file; line ends of any platform become newlines, as aiosql reads it too.

    Raises:
        SourceError: the file is not UTF-8.
    """
    return decode_source(path.read_bytes(), path, root)


def decode_source(data: bytes, path: Path, root: Path | None = None) -> Source:
    """Makes a source of a file's bytes; see `read_source`."""
    name = shown_name(path, root)
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Source(_newlines(data.decode("utf-8")), path, name)
    except UnicodeDecodeError as error:
        before = _newlines(data[: error.start].decode("utf-8"))
        # The rest of the line is shown too, with the broken bytes as replacement characters.
        rest = data[error.start :].split(b"\n", 1)[0].decode("utf-8", "replace")
        source = Source(before + _newlines(rest), path, name)
        raise source.error(
            "PGR101",
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            len(before),
            help="save the file as UTF-8",
        ) from error


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
