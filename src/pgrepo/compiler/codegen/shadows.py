"""Types whose names a class hides: after a field `date: date`, `date` is that field.

Inside such a class the type goes by an alias of the module's, `_date`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.codegen.row_class import RowClass

_NAME = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.])[A-Za-z_]\w*')


def hidden(attributes: Iterable[str], types: Iterable[str]) -> frozenset[str]:
    """The names that are an attribute of a class and occur in its types."""
    used = {name for text in types for name in _NAME.findall(text)}
    return frozenset(used & set(attributes))


def hidden_in_row(row: RowClass) -> frozenset[str]:
    """The names that the fields of a row class hide from their types."""
    return hidden((item.name for item in row.fields), (item.type.text for item in row.fields))


def visible(text: str, names: frozenset[str]) -> str:
    """A type's text with aliases in place of the names that are hidden."""
    return _NAME.sub(lambda match: f"_{match[0]}" if match[0] in names else match[0], text)


def aliases(names: Iterable[str]) -> list[str]:
    """The aliases' lines."""
    lines = [f"_{name} = {name}" for name in sorted(names)]
    return ["", *lines] if lines else []
