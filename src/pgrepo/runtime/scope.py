"""Scopes: a role and settings that hold for exactly the calls made through `for_<scope>()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from pgrepo.errors import UsageError
from pgrepo.runtime.statement import trusted_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import LiteralString


def _uuid(value: Any) -> str | None:
    return str(value) if isinstance(value, UUID) else None


def _text(value: Any) -> str | None:
    # An empty setting is what PostgreSQL makes of one that is not set: no scope at all.
    return value if isinstance(value, str) and value and "\0" not in value else None


def _boolean(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


def _integer(bits: int) -> Callable[[Any], str | None]:
    limit = 1 << bits - 1

    def write(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        return str(int(value)) if fits else None

    return write


_WRITERS: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "uuid": ("a UUID", _uuid),
    "text": ("a str that is not empty", _text),
    "smallint": ("an int of 16 bits", _integer(16)),
    "integer": ("an int of 32 bits", _integer(32)),
    "bigint": ("an int of 64 bits", _integer(64)),
    "boolean": ("a bool", _boolean),
}


class Scope(msgspec.Struct, frozen=True):
    """A scope as the project declares it.

    Attributes:
        name: as in `for_<name>`.
        role: the role that the calls run as; None to stay who one is.
        settings: (name, PostgreSQL type) of each setting.
    """

    name: str
    role: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def commands(self, domain: str, values: Sequence[object]) -> tuple[LiteralString, ...]:
        """Returns what a transaction of the scope begins with.

        SET LOCAL and not set_config(): Citus tells its workers of the former alone.

        Args:
            domain: the class that is scoped, for messages.
            values: those of the settings, in order.

        Raises:
            UsageError: a value is none of its type.
        """
        commands = [] if self.role is None else [f"SET LOCAL ROLE {_identifier(self.role)}"]
        for (setting, type_), value in zip(self.settings, values, strict=True):
            takes, write = _WRITERS[type_]
            if (text := write(value)) is None:
                raise UsageError(
                    f"{domain}.for_{self.name}: {setting.rpartition('.')[2]} takes {takes}; "
                    f"got {type(value).__name__}"
                )
            name = ".".join(map(_identifier, setting.split(".")))
            commands.append(f"SET LOCAL {name} = {_literal(text)}")
        return tuple(trusted_sql(command) for command in commands)


def _identifier(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _literal(text: str) -> str:
    """Quotes a value so that it means the same whatever standard_conforming_strings says."""
    doubled = text.replace("'", "''")
    if "\\" not in doubled:
        return f"'{doubled}'"
    escaped = doubled.replace("\\", "\\\\")
    return f"E'{escaped}'"
