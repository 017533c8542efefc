"""examples/query_benchmark.ipynb runs from its first cell to its last, and has no output in it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

import pgrepo

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[2] / "examples" / "query_benchmark.ipynb"
# Quicker than what somebody who reads it wants.
SHORT = {"scales=(0.01, 0.1)": "scales=(0.002, 0.01)", "seconds=0.2": "seconds=0.02"}


@pytest.fixture
def notebook() -> NotebookNode:
    """The notebook."""
    return nbformat.read(NOTEBOOK, as_version=4)


def test_kept_without_output(notebook: NotebookNode) -> None:
    """What somebody's machine has answered is not committed."""
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_runs(
    notebook: NotebookNode, server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell runs; there is a table of all queries, and there are plots."""
    for cell in notebook.cells:
        for long, short in SHORT.items():
            cell.source = cell.source.replace(long, short)
    monkeypatch.setenv("PYTHONPATH", str(Path(pgrepo.__file__).parents[1]))
    monkeypatch.setenv("DATABASE_URL", server_url)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    asyncio.run(client.async_execute())
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.data for output in outputs if "data" in output]
    [table] = [data["text/markdown"] for data in shown if "text/markdown" in data]
    assert table.count("recent_sessions") == 2
    assert table.count("\n") == 7
    assert sum("image/png" in data for data in shown) == 2
    assert not [output for output in outputs if output.get("name") == "stderr"]
