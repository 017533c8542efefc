"""A directory of DDL files to migrate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.operate.migrate import AppliedFile, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Shop:
    """The domain `shop`: its files, and a database to apply them to."""

    url: str
    sql: Path
    connection: psycopg.Connection[Any]

    def write(self, name: str, text: str) -> Path:
        """Writes a DDL file."""
        path = self.sql / name
        path.write_text(text, encoding="utf-8")
        return path

    def migrate(self, **options: Any) -> list[AppliedFile]:
        """Applies the files."""
        return migrate(self.url, "shop", self.sql, **options)

    def versions(self) -> list[str]:
        """The versions that this migrates, as the ledger has them."""
        return [row[0] for row in self.query("SELECT version FROM pgrepo.migrations ORDER BY 1")]

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Asks the database."""
        return self.connection.execute(query).fetchall()

    def value(self, query: str) -> Any:
        """Asks the database for one value."""
        return self.query(query)[0][0]


USERS = """-- The schema, and who buys.
CREATE SCHEMA shop;

CREATE TABLE shop.users (
    id bigint GENERATED ALWAYS AS IDENTITY,
    email text NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);
"""


@pytest.fixture
def empty_shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A domain without files."""
    sql = tmp_path / "sql"
    sql.mkdir()
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Shop(database_url, sql, connection)


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """A domain with one file, which makes a table of users."""
    empty_shop.write("V001__users.sql", USERS)
    return empty_shop
