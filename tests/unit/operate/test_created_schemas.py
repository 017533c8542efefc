"""Which schemas DDL files create, read off their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgrepo.operate.migrate.schemas import created_schemas
from pgrepo.sqlfiles.ddl import DdlFile


def file(text: str) -> DdlFile:
    """A DDL file."""
    return DdlFile((1,), "shop", Path("V1__shop.sql"), "V1__shop.sql", text.encode(), "", True)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["CREATE SCHEMA shop;"], ["shop"]),
        (["create schema if not exists Shop AUTHORIZATION joe; CREATE TABLE shop.a ()"], ["shop"]),
        (['CREATE SCHEMA "My ""Shop""";', "CREATE SCHEMA b"], ['My "Shop"', "b"]),
        (["CREATE SCHEMA shop CREATE TABLE a (b int)"], ["shop"]),
        (["-- CREATE SCHEMA shop;\nSELECT 'CREATE SCHEMA shop';"], []),
        (["COMMENT ON SCHEMA shop IS 'CREATE SCHEMA'; GRANT USAGE ON SCHEMA shop TO joe"], []),
        (["CREATE SCHEMA shop", "ALTER SCHEMA shop OWNER TO joe"], ["shop"]),
        (["CREATE SCHEMA shop", "ALTER SCHEMA shop RENAME TO stall"], []),
        (["CREATE SCHEMA shop", "DROP SCHEMA shop"], []),
        (["CREATE SCHEMA AUTHORIZATION joe"], []),
        (["CREATE SCHEMA IF NOT EXISTS public", "CREATE SCHEMA shop"], ["shop"]),
        (["CREATE SCHEMA shop; SELECT 'not closed"], []),
    ],
)
def test_created_schemas(texts: list[str], names: list[str]) -> None:
    """Names as PostgreSQL folds them; none where it is not sure what is left of them."""
    assert created_schemas(map(file, texts)) == names
