"""The catalog's tables as a diagram to draw. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.operate.erd import Diagram, Entity, Field, Relation

if TYPE_CHECKING:
    from pgrepo.catalog.model import Domain


def diagram_of(domain: Domain) -> Diagram:
    """The domain's tables, without its views, and the foreign keys between them."""
    tables = [table for table in domain.tables if table.kind == "table"]
    return Diagram(
        tuple(
            Entity(
                table.name,
                tuple(
                    Field(column.name, column.type, column.primary, column.foreign)
                    for column in table.columns
                ),
            )
            for table in tables
        ),
        tuple(
            Relation(key.table, table.name, key.columns, key.optional, key.unique)
            for table in tables
            for key in table.foreign_keys
        ),
    )


def title_of(domain: Domain) -> str:
    """What the diagram shows, in words."""
    return f"Tables of {domain.name}, and the foreign keys between them"
