"""One query file's module: row classes, the repository twice, and the statements at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.collisions import refuse_class_collisions, refuse_hidden_imports
from pgrepo.compiler.codegen.methods import (
    ASYNC,
    SYNC,
    Flavour,
    Method,
    plan_method,
    runtime_names,
    signature_types,
    write_methods,
    write_statement,
)
from pgrepo.compiler.codegen.shadows import aliases, hidden, hidden_in_row, visible
from pgrepo.compiler.codegen.text import BANNER, call, docstring, imports, indented, prose, quoted
from pgrepo.compiler.names import class_name
from pgrepo.compiler.pytypes import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.codegen.row_class import RowClass
    from pgrepo.compiler.codegen.rows import ModuleRows, RowPlanner
    from pgrepo.compiler.model import QueryModule
    from pgrepo.compiler.pytypes import PyType


def write_module(module: QueryModule, planner: RowPlanner) -> str:
    """The text of one aggregate's module.

    Raises:
        SourceError: a query cannot be given a Python signature.
    """
    rows, methods, in_methods = plan_module(module, planner)
    needed = _needed(methods, rows)
    shadows = in_methods.union(*(hidden_in_row(row) for row in rows.classes.values()))
    refuse_hidden_imports(module, rows, {name for source, name in needed if source == ".tables"})
    lines = [
        BANNER.format(source=module.source.name),
        *docstring(prose(module.doc) or [f"Queries of {module.name}."], 0),
        "",
        "from __future__ import annotations",
        "",
        *imports(needed),
        *aliases(shadows),
    ]
    for row in rows.classes.values():
        lines += ["", "", *write_row(row)]
    for flavour in (SYNC, ASYNC):
        lines += ["", "", *_repository(module, methods, flavour, in_methods)]
    lines += ["", ""]
    for method in methods:
        lines += write_statement(method)
    return "\n".join(lines) + "\n"


def plan_module(
    module: QueryModule, planner: RowPlanner
) -> tuple[ModuleRows, list[Method], frozenset[str]]:
    """The classes and methods of a module, and the names of types that its methods hide.

    Raises:
        SourceError: a query cannot be given a Python signature.
    """
    rows = planner.plan(module)
    refuse_class_collisions(module, rows)
    methods = [plan_method(query, rows.results[query.name], planner) for query in module.queries]
    shadows = hidden(
        (query.name for query in module.queries),
        (text for method in methods for text in signature_types(method)),
    )
    return rows, methods, shadows


def _repository(
    module: QueryModule, methods: list[Method], flavour: Flavour, shadows: frozenset[str]
) -> list[str]:
    doc = prose(module.doc)[:1] or [f"Queries of {module.name}."]
    lines = [
        f"class {flavour.prefix}{class_name(module.name)}({flavour.prefix}Repository):",
        *docstring(doc, 1),
    ]
    for method in methods:
        lines += ["", *write_methods(method, flavour, shadows)]
    return lines


def write_row(row: RowClass) -> list[str]:
    """A row class."""
    parts = [quoted(row.composite), *(part.text for part in row.parts)]
    lines = [
        *(call("@pg.composite", parts) if row.composite else []),
        "@dataclass(slots=True)",
        f"class {row.name}:",
        *docstring(prose(row.description), 1),
        "",
    ]
    shadows = hidden_in_row(row)
    for item in row.fields:
        lines += indented([f"{item.name}: {visible(item.type.text, shadows)}"])
        if item.doc:
            lines += docstring([item.doc], 1)
    return lines


def _needed(methods: list[Method], rows: ModuleRows) -> set[tuple[str, str]]:
    types: list[PyType] = [typed for method in methods for typed in method.types]
    types += [item.type for row in rows.classes.values() for item in row.fields]
    needed = {(RUNTIME, "Repository"), (RUNTIME, "AsyncRepository")}
    if rows.classes:
        needed.add(("dataclasses", "dataclass"))
    for method in methods:
        needed |= runtime_names(method)
    needed |= imports_of(types)
    results = rows.results.values()
    needed |= {(".tables", item.row.name) for item in results if item.row and item.shared}
    return needed


def imports_of(types: Iterable[PyType]) -> set[tuple[str, str]]:
    """What the types need; Literal aliases stand in the package's tables module."""
    needed: set[tuple[str, str]] = set()
    for typed in types:
        needed |= typed.imports
        needed |= {(".tables", name) for name, _ in typed.literals}
    return needed
