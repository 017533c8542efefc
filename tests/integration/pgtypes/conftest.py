"""The scratch project over every type, compiled once, and a database with its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from .project import make_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Project

DATABASE = "pgrepo_test_types"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, server_url: str) -> Project:
    """The generated code."""
    return make_project(tmp_path_factory.mktemp("types"), server_url)


@pytest.fixture(scope="session")
def types_url(project: Project, server_url: str) -> Iterator[str]:
    """A connection string of the database, which tests leave as they find it; in UTC."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        url = make_conninfo(server_url, dbname=DATABASE, options="-c TimeZone=UTC")
        with psycopg.connect(url) as prepared:
            prepared.execute(project.ddl.encode())
        yield url
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
