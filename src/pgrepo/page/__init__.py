"""Web pages that stand alone: one HTML file, for light and dark, with no other file and no font."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from pgrepo.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path


def document(title: str, body: str, *, style: str, script: str = "") -> str:
    """The text of a page.

    Args:
        title: as the browser's tab has it.
        body: HTML.
        style: CSS besides what every page has.
        script: JavaScript to run when the page is there.
    """
    common = resources.files(__name__).joinpath("style.css").read_text("utf-8")
    run = f"<script>\n{script}</script>\n" if script else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{common}{style}</style>\n</head>\n<body>\n{body}\n{run}</body>\n</html>\n"
    )


def breakable(name: str) -> str:
    """A name as HTML that can be broken after its underscores."""
    return escape(name).replace("_", "_<wbr>")


def write(path: Path, text: str) -> None:
    """Writes a file.

    Raises:
        ProjectError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{path}: it cannot be written: {error.strerror}") from error
