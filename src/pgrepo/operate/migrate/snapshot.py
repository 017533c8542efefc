"""A schema's catalog as a mapping, and what two of them differ in. Pure but for one query."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrepo.operate.migrate.session import Session

Snapshot = dict[tuple[str, str], str]
"""The definition of every object, by kind and name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not the same in the files and in the database.

    A definition is None where the object is missing.
    """

    kind: str
    name: str
    in_files: str | None
    in_database: str | None

    def render(self) -> str:
        """Says it in a line, or in a few where both sides have a definition."""
        title = f"{self.kind} {self.name}"
        if self.in_database is None:
            return f"- {title}: only in the files{_shortly(self.in_files)}"
        if self.in_files is None:
            return f"+ {title}: only in the database{_shortly(self.in_database)}"
        if "\n" not in self.in_files + self.in_database:
            return (
                f"~ {title}:\n    in the files:    {self.in_files}"
                f"\n    in the database: {self.in_database}"
            )
        lines = difflib.unified_diff(
            self.in_files.splitlines(),
            self.in_database.splitlines(),
            "in the files",
            "in the database",
            lineterm="",
            n=1,
        )
        return "\n".join([f"~ {title}:", *(f"    {line}" for line in lines)])


def _shortly(definition: str | None) -> str:
    return f" ({definition})" if definition and "\n" not in definition else ""


def take_snapshot(session: Session, schema: str) -> Snapshot:
    """Reads the schema's objects."""
    query = resources.files("pgrepo.operate.migrate").joinpath("snapshot.sql").read_bytes()
    with session.connection.transaction():
        # With nothing in the search path PostgreSQL qualifies every name.
        session.execute("SET LOCAL search_path = ''")
        cursor = psycopg.RawCursor(session.connection, row_factory=tuple_row)
        rows = cursor.execute(query, [schema]).fetchall()
    return {(kind, name): definition for kind, name, definition in rows}


def differences(
    files: Mapping[tuple[str, str], str], database: Mapping[tuple[str, str], str]
) -> list[Difference]:
    """Compares two snapshots, ordered by kind and name."""
    return [
        Difference(kind, name, files.get((kind, name)), database.get((kind, name)))
        for kind, name in sorted(files.keys() | database.keys())
        if files.get((kind, name)) != database.get((kind, name))
    ]
