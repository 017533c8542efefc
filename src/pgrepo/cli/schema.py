"""`pgrepo schema`: what an editor needs to help with `[tool.pgrepo]`."""

from __future__ import annotations

from typing import Annotated

import typer

from pgrepo.cli.common import print_json
from pgrepo.settings import schema as settings_schema

_EPILOG = """\
[dim]For an editor:[/]                       pgrepo schema > .pgrepo.schema.json\n
[dim]The first line of pyproject.toml:[/]    #:schema ./.pgrepo.schema.json"""

PartialOption = Annotated[
    bool,
    typer.Option(
        "--partial", help="Of the table [tool.pgrepo] alone, as SchemaStore keeps it for a tool."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(schema)


def schema(*, partial: PartialOption = False) -> None:
    """Print the JSON Schema of pyproject.toml, for editors.

    It is SchemaStore's for all tools, and what may stand in [tool.pgrepo]. The Even Better TOML
    extension of VS Code, and whatever else works with taplo, completes keys and marks mistakes by
    it.
    """
    print_json(settings_schema(partial=partial))
