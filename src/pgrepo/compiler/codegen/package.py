"""A domain's package: its modules, the tables' module, and the class that ties them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.collisions import TABLES, refuse_file_collisions
from pgrepo.compiler.codegen.module import imports_of, write_module, write_row
from pgrepo.compiler.codegen.rows import RowPlanner
from pgrepo.compiler.codegen.scopes import scope_constant, scope_imports, scope_method
from pgrepo.compiler.codegen.shadows import aliases as shadow_aliases
from pgrepo.compiler.codegen.shadows import hidden_in_row
from pgrepo.compiler.codegen.text import BANNER, docstring, imports, literal, prose, quoted
from pgrepo.compiler.names import class_name
from pgrepo.compiler.pytypes import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrepo.compiler.model import CompiledDomain
    from pgrepo.project import DeclaredScope


def write_package(
    domain: CompiledDomain, queries: str, scopes: Sequence[DeclaredScope] = ()
) -> Mapping[str, str]:
    """All files of a domain's package, by file name.

    Args:
        domain: the typed queries.
        queries: the query directory, relative to a directory that holds the package as well.
        scopes: what calls can be scoped to.

    Raises:
        SourceError: a query cannot be given a Python signature.
    """
    refuse_file_collisions(domain)
    planner = RowPlanner(domain)
    files = {f"{module.name}.py": write_module(module, planner) for module in domain.modules}
    files[f"{TABLES}.py"] = _tables(domain, planner, files, queries)
    files["__init__.py"] = _init(domain, queries, scopes)
    return files


def _tables(
    domain: CompiledDomain, planner: RowPlanner, files: Mapping[str, str], queries: str
) -> str:
    """Row classes of whole tables, and the values that columns allow, where they are used."""
    aliases = _aliases(domain, planner)
    text = "\n".join(files.values())
    rows = planner.shared
    row_types = [item.type for row in rows for item in row.fields]
    in_rows = {name for typed in row_types for name, _ in typed.literals}
    used = {name: values for name, values in aliases.items() if name in text or name in in_rows}
    parts = [part for row in rows for part in row.parts]
    needed = {pair for pair in imports_of([*row_types, *parts]) if pair[0] != ".tables"}
    if any(row.composite for row in rows):
        needed.add((RUNTIME, "pg"))
    if rows:
        needed.add(("dataclasses", "dataclass"))
    if used:
        needed |= {("typing", "Literal"), ("typing", "TypeAlias")}
    doc = [f"Rows of whole tables of {domain.name}, and the values that columns allow."]
    if any(row.composite for row in rows):
        doc.append(
            "`pg.composite` says what PostgreSQL's type consists of; built-in types are their OIDs."
        )
    shadows = frozenset[str]().union(*(hidden_in_row(row) for row in rows))
    lines = [
        BANNER.format(source=queries),
        *docstring(doc, 0),
        "",
        "from __future__ import annotations",
    ]
    if needed:
        lines += ["", *imports(needed)]
    lines += shadow_aliases(shadows)
    for name in sorted(used):
        lines += ["", *literal(name, used[name])]
    for row in rows:
        lines += ["", "", *write_row(row)]
    return "\n".join(lines) + "\n"


def _aliases(domain: CompiledDomain, planner: RowPlanner) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for module in domain.modules:
        rows = planner.plan(module)
        types = [item.type for row in rows.classes.values() for item in row.fields]
        types += [item.type for row in planner.shared for item in row.fields]
        types += [result.value for result in rows.results.values() if result.value is not None]
        types += [
            planner.parameter_type(query, item)
            for query in module.queries
            for item in query.parameters
        ]
        for typed in types:
            found.update(typed.literals)
    return found


def _init(domain: CompiledDomain, queries: str, scopes: Sequence[DeclaredScope]) -> str:
    name = class_name(domain.name)
    modules = sorted(domain.modules, key=lambda module: module.name)
    needed = {
        (RUNTIME, item)
        for item in ("AsyncDomain", "AsyncSource", "Domain", "Source", "QueryLibrary")
    }
    for module in modules:
        repository = class_name(module.name)
        needed |= {(f".{module.name}", repository), (f".{module.name}", f"Async{repository}")}
    needed |= scope_imports(scopes)
    doc = prose(domain.doc) or [f"The {domain.name} schema."]
    lines = [
        BANNER.format(source=queries),
        *docstring(doc, 0),
        "",
        "from __future__ import annotations",
        "",
        *imports(needed),
        "",
        f'__all__ = ["Async{name}", "{name}"]',
        "",
        f"_QUERIES = QueryLibrary({quoted(domain.name)}, __file__, {quoted(queries)})",
    ]
    for prefix in ("", "Async"):
        lines += ["", "", f"class {prefix}{name}({prefix}Domain):", *docstring(doc[:1], 1), ""]
        lines += [
            f"    def __init__(self, source: {prefix}Source) -> None:",
            "        super().__init__(source, _QUERIES)",
        ]
        lines += [
            f"        self.{module.name} = {prefix}{class_name(module.name)}(self)"
            for module in modules
        ]
        for scope in scopes:
            lines += ["", *scope_method(scope)]
    for scope in scopes:
        lines += ["", *([""] if scope is scopes[0] else []), *scope_constant(scope)]
    return "\n".join(lines) + "\n"
