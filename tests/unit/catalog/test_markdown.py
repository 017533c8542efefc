"""The catalog's Markdown: every part of it, and no markup that a comment did not mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pgrepo.catalog import write_markdown
from pgrepo.catalog.markdown import markdown_files
from pgrepo.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.catalog.model import Domain


def test_page(shop: Domain) -> None:
    """Comments are text; signature, SQL and plan are code."""
    text = markdown_files(shop)["shop.md"]
    query = text.partition("### recent_orders\n")[2].partition("\n### ")[0]
    assert query == (
        "\n"
        r"Returns \*the\* newest orders of \`customers\`."
        "\n\n"
        r"NULL \< all, \[see\](x)."
        "\n\n"
        "Reads `customers`, `orders`, `other.currencies`.\n"
        "\n"
        "```python\n"
        'def recent_orders(self, *, note: str = "<none>") -> list[Order]:\n'
        "```\n"
        "\n"
        "<details>\n"
        "<summary>SQL and plan</summary>\n"
        "\n"
        "```sql\n"
        "SELECT id -- </code><script>alert(1)</script>\n"
        "FROM shop.orders WHERE note = :note\n"
        "```\n"
        "\n"
        "```text\n"
        "Limit\n"
        "  Index Scan orders_pkey: id > :note\n"
        "```\n"
        "\n"
        "</details>\n"
    )
    assert (
        "| `orders` |  | `customers` by `customer_id`, `other.currencies` by `currency` |" in text
    )
    assert "| `glad` | A view. |  |" in text
    assert "![Tables of shop, and the foreign keys between them](shop.svg)" in text
    assert "<summary>SQL</summary>" in text  # of the query without a plan


def test_what_is_right_is_not_touched(shop: Domain, tmp_path: Path) -> None:
    """The directory is made; after that only what has changed is written."""
    directory = tmp_path / "docs" / "catalog"
    page, picture = directory / "shop.md", directory / "shop.svg"
    assert write_markdown([shop], directory) == [page, picture]
    assert write_markdown([shop], directory) == []
    assert write_markdown([replace(shop, doc=("Another.",))], directory) == [page]


def test_a_place_that_cannot_be_written(shop: Domain, tmp_path: Path) -> None:
    """The error names the file and says why."""
    (tmp_path / "catalog").write_text("a file")
    with pytest.raises(ProjectError, match=r"catalog/shop\.md: it cannot be written: "):
        write_markdown([shop], tmp_path / "catalog")
