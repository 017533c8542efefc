"""One query file's module: row classes, the repository twice, and the statements at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.collisions import refuse_class_collisions
from pgrepo.compiler.codegen.methods import (
    ASYNC,
    SYNC,
    Flavour,
    Method,
    plan_method,
    runtime_names,
    write_methods,
    write_statement,
)
from pgrepo.compiler.codegen.text import BANNER, docstring, imports, indented, prose
from pgrepo.compiler.names import class_name
from pgrepo.compiler.pytypes import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.codegen.rows import ModuleRows, RowClass, RowPlanner
    from pgrepo.compiler.model import QueryModule
    from pgrepo.compiler.pytypes import PyType


def write_module(module: QueryModule, planner: RowPlanner) -> str:
    """The text of one aggregate's module.

    Raises:
        SourceError: a query cannot be given a Python signature.
    """
    rows = planner.plan(module)
    refuse_class_collisions(module, rows)
    methods = [plan_method(query, rows.results[query.name], planner) for query in module.queries]
    lines = [
        BANNER.format(source=module.source.name),
        *docstring(prose(module.doc) or [f"Queries of {module.name}."], 0),
        "",
        "from __future__ import annotations",
        "",
        *imports(_needed(methods, rows, planner)),
    ]
    for row in rows.classes.values():
        lines += ["", "", *write_row(row)]
    for flavour in (SYNC, ASYNC):
        lines += ["", "", *_repository(module, methods, flavour)]
    lines += ["", ""]
    for method in methods:
        lines += write_statement(method)
    return "\n".join(lines) + "\n"


def _repository(module: QueryModule, methods: list[Method], flavour: Flavour) -> list[str]:
    doc = prose(module.doc)[:1] or [f"Queries of {module.name}."]
    lines = [
        f"class {flavour.prefix}{class_name(module.name)}({flavour.prefix}Repository):",
        *docstring(doc, 1),
    ]
    for method in methods:
        lines += ["", *write_methods(method, flavour)]
    return lines


def write_row(row: RowClass) -> list[str]:
    """A row class."""
    lines = [
        "@dataclass(slots=True)",
        f"class {row.name}:",
        *docstring(prose(row.description), 1),
        "",
    ]
    for item in row.fields:
        lines += indented([f"{item.name}: {item.type.text}"])
        if item.doc:
            lines += docstring([item.doc], 1)
    return lines


def _needed(methods: list[Method], rows: ModuleRows, planner: RowPlanner) -> set[tuple[str, str]]:
    types: list[PyType] = [typed for method in methods for typed in method.types]
    types += [item.type for row in rows.classes.values() for item in row.fields]
    needed = {(RUNTIME, "Repository"), (RUNTIME, "AsyncRepository")}
    if rows.classes:
        needed.add(("dataclasses", "dataclass"))
    for method in methods:
        needed |= runtime_names(method)
    needed |= imports_of(types)
    shared = {result.row.name for result in rows.results.values() if result.row is not None}
    of_tables = {row.name for row in planner.tables.values()}
    needed |= {(".tables", name) for name in shared & of_tables if name not in rows.classes}
    return needed


def imports_of(types: Iterable[PyType]) -> set[tuple[str, str]]:
    """What the types need; Literal aliases stand in the package's tables module."""
    needed: set[tuple[str, str]] = set()
    for typed in types:
        needed |= typed.imports
        needed |= {(".tables", name) for name, _ in typed.literals}
    return needed
