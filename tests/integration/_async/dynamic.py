"""The package that the compiler makes of tests/integration/dynamic, imported."""

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


def generated(root: Path, server: str) -> ModuleType:
    """Compiles the domain lab below a directory, and imports it.

    Args:
        root: an empty directory.
        server: where its queries are described.
    """
    sql, queries = root / "sql", root / "queries"
    sql.mkdir()
    shutil.copy(HERE / "schema.sql", sql / "V001__lab.sql")
    shutil.copytree(HERE / "queries", queries)
    generate(DomainFiles("lab", root, sql, queries, root / "lab"), server)
    sys.modules.pop("lab", None)
    sys.path.insert(0, str(root))
    try:
        importlib.invalidate_caches()
        return importlib.import_module("lab")
    finally:
        sys.path.remove(str(root))
