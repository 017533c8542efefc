"""docs/reference/dynamic-queries.md: what it shows is what the compiler writes."""

from __future__ import annotations

import re
from pathlib import Path

from pgrepo.compiler.compile import compile_domain
from pgrepo.project import DomainFiles

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "dynamic-queries.md"


def test_examples(server_url: str, tmp_path: Path) -> None:
    """The queries on the page become the Python that stands below each of them."""
    text = PAGE.read_text(encoding="utf-8")
    (schema,) = re.findall(r'^```sql title="schema"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    pairs = re.findall(
        r"^```sql\n(.*?)^```\n\n```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    assert len(pairs) == text.count("```python") == 2
    domain = DomainFiles("shop", tmp_path, tmp_path / "sql", tmp_path / "queries", None)
    domain.sql.mkdir()
    domain.queries.mkdir()
    (domain.sql / "V001__shop.sql").write_text(schema, encoding="utf-8")
    (domain.queries / "orders.sql").write_text("\n".join(sql for sql, _ in pairs), encoding="utf-8")
    module = compile_domain(domain, server_url)["orders.py"]
    for _, python in pairs:
        assert python in module
