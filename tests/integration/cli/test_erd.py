"""`pgrepo erd`: diagrams read off live catalogs, and those of the documentation are current."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.operate.erd import Relation, read_diagram
from pgrepo.project import SHIPPED

if TYPE_CHECKING:
    from pgrepo.operate.erd import Field
    from tests.integration.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs" / "reference"
_DIAGRAM = re.compile(r"^```mermaid\n(erDiagram\n.*?)^```$", re.MULTILINE | re.DOTALL)

SCHEMA = """
CREATE SCHEMA other;
CREATE TABLE other.currencies (code char(3) PRIMARY KEY);
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'glad');
CREATE TABLE shop.customers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    handle text NOT NULL,
    phone text,
    mood shop.mood,
    born timestamp with time zone[],
    currency char(3) NOT NULL REFERENCES other.currencies,
    referrer_id bigint REFERENCES shop.customers
);
CREATE UNIQUE INDEX ON shop.customers (lower(email));
CREATE UNIQUE INDEX ON shop.customers (handle) INCLUDE (phone);
CREATE UNIQUE INDEX ON shop.customers (phone) WHERE mood IS NOT NULL;
CREATE UNIQUE INDEX ON shop.customers (lower(phone || handle));
CREATE TABLE shop.profiles (customer_id bigint PRIMARY KEY REFERENCES shop.customers, note text);
CREATE TABLE shop.orders (
    id bigint NOT NULL,
    created_at date NOT NULL,
    customer_id bigint NOT NULL REFERENCES shop.customers,
    voucher_id bigint,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE shop.orders_2026 PARTITION OF shop.orders
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE shop.lines (
    order_id bigint,
    ordered_at date,
    number integer,
    PRIMARY KEY (order_id, ordered_at, number),
    FOREIGN KEY (order_id, ordered_at) REFERENCES shop.orders
);
CREATE TABLE shop.vouchers (order_id bigint, ordered_at date, code text, gone text,
    UNIQUE (order_id, ordered_at),
    FOREIGN KEY (order_id, ordered_at) REFERENCES shop.orders);
ALTER TABLE shop.vouchers DROP COLUMN gone;
CREATE VIEW shop.glad AS SELECT id FROM shop.customers WHERE mood = 'glad';
COMMENT ON TABLE shop.vouchers IS 'Given away.';
COMMENT ON COLUMN shop.vouchers.code IS 'What is typed in; NULL once used.';
"""


def marks(fields: tuple[Field, ...]) -> dict[str, str]:
    """The marks of each column: P, F and U."""
    return {
        field.name: "P" * field.primary + "F" * field.foreign + "U" * field.unique
        for field in fields
    }


def test_what_the_catalog_says(database_url: str) -> None:
    """Keys, unique ones of expressions too; partitions, views and dropped columns are left out."""
    with psycopg.connect(database_url) as connection:
        connection.execute(SCHEMA)
        diagram = read_diagram(connection, "shop")
    tables = {entity.name: entity for entity in diagram.entities}
    assert set(tables) == {"customers", "profiles", "orders", "lines", "vouchers"}
    assert marks(tables["customers"].fields) == {
        "id": "P",
        "email": "U",
        "handle": "U",
        "phone": "",
        "mood": "",
        "born": "",
        "currency": "F",
        "referrer_id": "F",
    }
    types = {field.name: field.type for field in tables["customers"].fields}
    assert (types["mood"], types["born"], types["currency"]) == ("mood", "timestamptz[]", "char(3)")
    assert marks(tables["profiles"].fields) == {"customer_id": "PF", "note": ""}
    assert marks(tables["lines"].fields) == {"order_id": "PF", "ordered_at": "PF", "number": "P"}
    assert marks(tables["vouchers"].fields) == {"order_id": "F", "ordered_at": "F", "code": ""}
    assert tables["vouchers"].comment == "Given away."
    assert tables["vouchers"].fields[2].comment == "What is typed in; NULL once used."
    order = ("order_id", "ordered_at")
    assert set(diagram.relations) == {
        Relation("other.currencies", "customers", ("currency",)),
        Relation("customers", "customers", ("referrer_id",), optional=True),
        Relation("customers", "profiles", ("customer_id",), unique=True, identifying=True),
        Relation("customers", "orders", ("customer_id",)),
        Relation("orders", "lines", order, identifying=True),
        Relation("orders", "vouchers", order, optional=True, unique=True),
    }
    assert len(diagram.relations) == 6


def test_a_database_gives_what_the_files_give(pgrepo: Run, monumento_url: str) -> None:
    """Of a live database, and of a scratch one with the DDL applied, the text is the same."""
    live = pgrepo("erd", "monumento", "--dsn", monumento_url).stdout
    assert 'users ||..o{ sessions : "user_id"' in live
    assert '        varchar(255) email UK "Unique whatever its case' in live
    assert pgrepo("erd", "monumento").stdout == live


def test_into_a_page(pgrepo: Run, monumento_url: str, tmp_path: Path) -> None:
    """--write puts it between the markers, and says when nothing changed."""
    page = tmp_path / "schema.md"
    page.write_text("# Schema\n\n<!-- pgrepo erd: monumento -->\n<!-- pgrepo erd: end -->\n")
    arguments = ("erd", "monumento", "--dsn", monumento_url, "--write", "schema.md")
    assert pgrepo(*arguments).stdout == "schema.md: drawn monumento\n"
    first = page.read_text()
    [diagram] = _DIAGRAM.findall(first)
    assert diagram == pgrepo("erd", "monumento", "--dsn", monumento_url).stdout
    assert pgrepo(*arguments).stdout == "schema.md is up to date\n"
    assert page.read_text() == first


@pytest.mark.parametrize(
    ("text", "said"),
    [("# Schema\n", "schema.md: the page has no place"), (None, "schema.md: No such file")],
)
def test_a_page_that_cannot_be_written(
    pgrepo: Run, monumento_url: str, tmp_path: Path, text: str | None, said: str
) -> None:
    """It is told which page it is, and what to do."""
    if text is not None:
        (tmp_path / "schema.md").write_text(text)
    result = pgrepo(
        "erd", "monumento", "--dsn", monumento_url, "--write", "schema.md", status=1
    )  # fmt: skip
    assert said in result.stderr


def test_a_database_without_the_schema(pgrepo: Run, database_url: str) -> None:
    """It is said how to make the schema, or do without."""
    result = pgrepo("erd", "monumento", "--dsn", database_url, status=1)
    assert "run `pgrepo migrate monumento` on it first" in result.stderr


@pytest.mark.parametrize("domain", SHIPPED)
def test_the_page_of_a_domain_is_current(domain: str, pgrepo: Run) -> None:
    """Otherwise run `pgrepo erd DOMAIN --write docs/reference/DOMAIN.md`."""
    page = REFERENCE / f"{domain}.md"
    [diagram] = _DIAGRAM.findall(page.read_text(encoding="utf-8"))
    assert diagram == pgrepo("erd", domain, cwd=ROOT).stdout
