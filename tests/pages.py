"""The documentation as the tests see it: pages, the code blocks on them, and which test runs what.

Most blocks are files and commands, which a reader goes through from the first to the last
(tests/integration/conftest.py). A fragment is a block that needs a world around it: a test takes
it with `fragment` and runs it there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"\n]*)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes:
        where: the page and the line, for messages.
        language: the first word after the fence.
        title: the file it is about, or "".
        text: the code.
        after: the prose up to the next block.
    """

    where: str
    language: str
    title: str
    text: str
    after: str


def blocks_of(page: str) -> list[Block]:
    """Takes a page apart.

    Args:
        page: its path in the repository.
    """
    text = (ROOT / page).read_text(encoding="utf-8")
    found = list(_BLOCK.finditer(text))
    ends = [*(block.start() for block in found), len(text)][1:]
    return [
        Block(
            where=f"{page}:{text.count(chr(10), 0, block.start()) + 1}",
            language=block["language"],
            title=block["title"] or "",
            text=block["text"],
            after=text[block.end() : end],
        )
        for block, end in zip(found, ends, strict=True)
    ]


def fragment(page: str, beginning: str) -> str:
    """Returns the one block of a page that begins with some text.

    Args:
        page: its path in the repository.
        beginning: of the block's text.
    """
    [text] = [block.text for block in blocks_of(page) if block.text.startswith(beginning)]
    return text


def run_fragment(page: str, beginning: str, **names: object) -> dict[str, Any]:
    """Runs a fragment of Python.

    Args:
        page: its path in the repository.
        beginning: of the block's text.
        names: what it finds there.

    Returns:
        What all names mean after it.
    """
    exec(compile(fragment(page, beginning), page, "exec"), names)  # noqa: S102 - our own text
    return names
