"""The partitioned tables of the domains that come with pgrepo, archived and restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from pgrepo.operate.load import load_sample
from pgrepo.operate.partitions import status
from pgrepo.operate.partitions.archives import archive, restore
from pgrepo.project import shipped_domain
from tests.conftest import fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["monumento", "storyverse", "mindia", "audiotricks"])
def domain(request: pytest.FixtureRequest, server_url: str) -> Iterator[tuple[str, str]]:
    """The name of a domain, and the URL of a database with its sample."""
    template = request.getfixturevalue(f"{request.param}_noproc")
    for url in fresh_database(server_url, template):
        load_sample(url, shipped_domain(request.param))
        yield request.param, url


def rows(url: str, table: str) -> list[tuple[str]]:
    """All rows of a table as text."""
    query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY t::text")
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query.format(sql.Identifier(*table.split(".")))).fetchall()


def test_every_table(domain: tuple[str, str], tmp_path: Path) -> None:
    """With its keys, foreign keys, triggers and policies: whatever is old goes and comes back."""
    name, url = domain
    tables = status(url, name)
    archived = 0
    for table in tables:
        before = rows(url, table.qualified)
        done = archive(url, table.qualified, keep_months=0, to=str(tmp_path))
        archived += len(done)
        assert len(rows(url, table.qualified)) == len(before) - sum(one.rows for one in done)
        for one in done:
            restore(url, table.qualified, one.partition.split(".")[1], source=str(tmp_path))
        assert rows(url, table.qualified) == before
        [now] = [found for found in status(url, name) if found.name == table.name]
        assert [(p.name, p.starts_at, p.ends_at) for p in now.partitions] == [
            (p.name, p.starts_at, p.ends_at) for p in table.partitions
        ]
    assert archived  # of the sample; not audiotricks.audit_log, which is of this month
