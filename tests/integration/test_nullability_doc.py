"""The page on nullability: every example is analysed, and compared with the table beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgrepo.compiler.compile import analyse_all, analysis_tools
from pgrepo.sqlfiles.queries import is_plain, read_plain_query, read_query_file
from pgrepo.sqlfiles.source import read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pgrepo.compiler.compile import AnalysisTools
    from tests.integration.conftest import Block

PAGE = "docs/explanation/nullability.md"
_ROW = re.compile(r"^\| `(?P<column>\w+)` \| (?P<says>never|possible) \|", re.MULTILINE)


def said(block: Block) -> dict[str, bool]:
    """Whether each column can be NULL, as the table after an example has it."""
    return {row["column"]: row["says"] == "possible" for row in _ROW.finditer(block.after)}


def found(block: Block, tools: AnalysisTools, directory: Path) -> dict[str, bool]:
    """Whether each column can be NULL, as the analysis has it."""
    path = directory / "example.sql"
    path.write_text(block.text, encoding="utf-8")
    file = read_plain_query(path) if is_plain(read_source(path)) else read_query_file(path)
    assert not file.errors, f"{block.where}: {file.errors}"
    queries, errors = analyse_all(file.queries, tools.analyser)
    assert not errors, f"{block.where}: {errors}"
    assert len(queries) == 1, f"{block.where}: one query an example"
    return {column.name: column.nullable for column in queries[0].columns}


def test_examples(blocks: Callable[[str], list[Block]], server_url: str, tmp_path: Path) -> None:
    """The page says of every column what the analysis finds out."""
    schema, *examples = blocks(PAGE)
    assert schema.title == "schema"
    ddl = tmp_path / "schema.sql"
    ddl.write_text(schema.text, encoding="utf-8")
    with analysis_tools(ddl, server_url) as tools:
        for example in examples:
            assert said(example) == found(example, tools, tmp_path), example.where
    assert len(examples) >= 15
    # Every row of a table was read: none is misspelt, and so left out.
    rows = sum(line.startswith("| `") for example in examples for line in example.after.split("\n"))
    assert rows == sum(len(said(example)) for example in examples)
