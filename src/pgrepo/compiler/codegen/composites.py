"""The dataclasses that composite types become, and the names of a domain's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.reserved import IMPORTED
from pgrepo.compiler.codegen.row_class import Field, RowClass, field_doc
from pgrepo.compiler.model import ColumnOrigin, TypeKind
from pgrepo.compiler.names import attribute, class_name, singular
from pgrepo.compiler.pytypes import bare_name, column_choices, domain_name, python_type
from pgrepo.compiler.wiretypes import wire_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrepo.compiler.model import PgType, Table


class Composites:
    """Plans the class of every composite type that something in the domain is made of.

    Args:
        tables: the tables, by schema and name.

    Attributes:
        classes: by name, those that are parts of others first.
    """

    def __init__(self, tables: Mapping[tuple[str, str], Table]) -> None:
        self._tables = tables
        self._names: dict[tuple[str, str], str] = {}
        self._taken = set(IMPORTED) | set(_names_of_tables(tables))
        self.classes: dict[str, RowClass] = {}

    def name_of(self, pg_type: PgType) -> str:
        """The name of an enum's alias or a composite type's class, which is planned if need be.

        A class that stands for a composite type may have None in every field, also where that
        is a table's row type: the table's constraints hold for its rows alone.
        """
        key = (pg_type.schema, bare_name(pg_type))
        if key not in self._names:
            self._names[key] = self._free_name(pg_type)
            self._taken.add(self._names[key])
            if pg_type.kind is TypeKind.COMPOSITE:
                # Its parts come before it.
                planned = self._plan(pg_type, self._names[key])
                self.classes[planned.name] = planned
        return self._names[key]

    def _free_name(self, pg_type: PgType) -> str:
        bare = bare_name(pg_type)
        is_table = (pg_type.schema, bare) in self._tables
        name = class_name(singular(bare) if is_table else bare)
        candidates = (name, f"{name}Value", class_name(f"{pg_type.schema}_{bare}"))
        free = (candidate for candidate in candidates if candidate not in self._taken)
        return next(free, f"{candidates[-1]}Value")

    def _plan(self, pg_type: PgType, name: str) -> RowClass:
        comments = pg_type.field_comments or (None,) * len(pg_type.fields)
        return RowClass(
            name=name,
            doc=pg_type.comment or f"A value of the composite type {qualified_name(pg_type)}.",
            fields=tuple(
                Field(
                    attribute(field),
                    python_type(typed, None, self.name_of).optional(),
                    field_doc(comment, domain_name(typed)),
                )
                for (field, typed), comment in zip(pg_type.fields, comments, strict=True)
            ),
            composite=qualified_name(pg_type),
            parts=tuple(wire_type(typed, self.name_of) for _, typed in pg_type.fields),
        )


def qualified_name(pg_type: PgType) -> str:
    """A type's name with its schema, for readers."""
    return f"{pg_type.schema}.{bare_name(pg_type)}"


def _names_of_tables(tables: Mapping[tuple[str, str], Table]) -> list[str]:
    """Names that row classes of tables, and the values of their columns, may need."""
    names = [class_name(singular(table.name)) for table in tables.values()]
    for table in tables.values():
        for item in table.columns:
            if item.choices:
                origin = ColumnOrigin(table.schema, table.name, item.name)
                names.append(column_choices(origin, item.choices).text)
    return names
