"""The domain storyverse for its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from pgrepo import Database
from pgrepo.domains.storyverse import Storyverse
from pgrepo.pytest.urls import url_of
from tests.integration.storyverse.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

_NAME = "pgrepo_test_storyverse_world"


@pytest.fixture(scope="session")
def world_url(server_url: str, storyverse_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the domain in it, which many tests use one after the other."""
    names = {
        "name": sql.Identifier(_NAME),
        "template": sql.Identifier(storyverse_noproc.template_dbname),
    }
    drop = sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        yield url_of(server_url, _NAME)
        connection.execute(drop)


@pytest.fixture(scope="session")
def world_database(world_url: str) -> Iterator[Database]:
    """That database, with a connection for every thread of a test."""
    with Database(world_url, max_size=64, timeout=60) as database:
        yield database


@pytest.fixture
def world(world_url: str, world_database: Database) -> Iterator[World]:
    """The domain without a row; partitions may be there already."""
    with psycopg.connect(world_url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE storyverse.users, storyverse.topics, storyverse.job_idempotency_keys CASCADE"
        )
        yield World(world_url, Storyverse(world_database), connection)
