# Derived from tests/integration/_async/dynamic.py by tools/async_to_sync.py: do not edit.
"""A package that the compiler makes of the files of a test, imported."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pgrepo.compiler.compile import generate
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).parent.parent / "dynamic"


def generated(root: Path, server: str, domain: str = "lab", files: Path = HERE) -> ModuleType:
    """Compiles a domain below a directory, and imports it.

    Args:
        root: an empty directory.
        server: where its queries are described.
        domain: its name.
        files: where its schema.sql and its queries are.
    """
    sql, queries = root / "sql", root / "queries"
    sql.mkdir()
    shutil.copy(files / "schema.sql", sql / f"V001__{domain}.sql")
    shutil.copytree(files / "queries", queries)
    generate(DomainFiles(domain, root, sql, queries, root / domain), server)
    sys.modules.pop(domain, None)
    sys.path.insert(0, str(root))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(domain)
    finally:
        sys.path.remove(str(root))
