"""`pgrepo init`: a new project that works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pgrepo.cli.common import console, reporting, say
from pgrepo.cli.scaffold import scaffold
from pgrepo.errors import ProjectError

_EPILOG = """\
[dim]A project that runs:[/]  pgrepo init shop && cd shop && pgrepo generate && pytest\n
[dim]In this directory:[/]    pgrepo init ."""

NameArgument = Annotated[
    Path,
    typer.Argument(
        metavar="NAME",
        help="The directory to make. Its name becomes that of the package and of the schema.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(init)


def init(name: NameArgument) -> None:
    """Start a project: a table, some queries, and a test that passes.

    Nothing that exists is overwritten.
    """
    with reporting():
        directory = name.resolve()
        texts = scaffold(directory.name)
        try:
            _write(directory, name, texts)
        except OSError as error:
            raise ProjectError(f"{name} cannot be written: {error.strerror or error}") from error
    say(f"{directory.name} is there:", style="bold")
    for path in texts:
        say(f"  {path}")
    say("\nto try it:", style="bold")
    if directory != Path.cwd():
        say(f"  cd {name}")
    for command, meaning in (
        ("pip install -e '.[dev]'", "into a virtual environment: your programs import it"),
        ("pgrepo generate", "asks PostgreSQL, and writes the repositories"),
        ("pytest", "calls them, on a database of its own"),
        ("pgrepo server start", "a PostgreSQL for your programs"),
        ("pgrepo migrate", "makes the tables there"),
        ("python main.py", "calls the repositories, as your program would"),
    ):
        console.print(Text.assemble(f"  {command:<25}", (meaning, "dim")), soft_wrap=True)


def _write(directory: Path, name: Path, texts: dict[str, str]) -> None:
    taken = [path for path in texts if (directory / path).exists()]
    if taken:
        raise ProjectError(
            f"{name / taken[0]} exists, and nothing is overwritten: take another name, or begin "
            "in an empty directory"
        )
    written: list[Path] = []
    try:
        for path, text in texts.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as stream:
                written.append(target)
                stream.write(text)
    except BaseException:
        # The disk is full, or Ctrl-C: a half of a project would be in the way of the next try.
        for target in written:
            target.unlink(missing_ok=True)
        raise
