"""Names that would hide each other in generated code, found before any of it is written."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.reserved import IMPORTED
from pgrepo.compiler.codegen.rows import query_error
from pgrepo.compiler.names import class_name

if TYPE_CHECKING:
    from pgrepo.compiler.codegen.rows import ModuleRows
    from pgrepo.compiler.model import CompiledDomain, Query, QueryModule
    from pgrepo.errors import SourceError

_CODE = "PGR126"
TABLES = "tables"
# Attributes of a domain and modules of its package that are not repositories.
_RESERVED_FILES = frozenset({TABLES, "run", "transaction"})


def refuse_file_collisions(domain: CompiledDomain) -> None:
    """Refuses query files whose repository's name is taken.

    Raises:
        SourceError: at the first line of the file.
    """
    domain_classes = {class_name(domain.name), f"Async{class_name(domain.name)}"}
    for module in domain.modules:
        name = module.name
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise _file_error(module, f"{name} cannot be the name of a Python module")
        if name in _RESERVED_FILES:
            raise _file_error(module, f"{name} is a name that the generated package needs itself")
        if class_name(name) in domain_classes:
            raise _file_error(
                module, f"the repository of {name} would be called like the domain, {domain.name}"
            )


def _file_error(module: QueryModule, message: str) -> SourceError:
    source = module.source
    return source.error(
        _CODE, message, 0, help=f"rename {source.path.name}; the repository is called after it"
    )


def refuse_class_collisions(module: QueryModule, rows: ModuleRows) -> None:
    """Refuses row classes and methods of one module that would hide something else.

    Raises:
        SourceError: at the name of the query that needs the class.
    """
    repository = class_name(module.name)
    aliases = {
        name
        for row in rows.classes.values()
        for item in row.fields
        for name, _ in item.type.literals
    }
    taken = IMPORTED | aliases | {repository, f"Async{repository}"}
    streams = {f"stream_{query.name}": query.name for query in module.queries if query.streamable}
    for query in module.queries:
        row = rows.results[query.name].row
        if row is not None and row.name in taken:
            raise _hiding(query, row.name)
        if query.name.startswith("_") or query.name in streams:
            raise query_error(
                query,
                _CODE,
                f"a method {query.name} would hide another one of the repository",
                "give the query another name",
            )


def refuse_hidden_imports(module: QueryModule, rows: ModuleRows, imported: set[str]) -> None:
    """Refuses row classes that would hide what the module imports from the tables' module.

    Raises:
        SourceError: at the name of the query that needs the class.
    """
    for query in module.queries:
        result = rows.results[query.name]
        if result.row is None or result.shared:
            continue
        if result.row.name in imported and result.row.name in rows.classes:
            raise _hiding(query, result.row.name)


def _hiding(query: Query, name: str) -> SourceError:
    return query_error(
        query,
        _CODE,
        f"the row class {name} of {query.name} would hide another {name} of the generated module",
        f"give it another name: -- @row {name}Row",
    )
