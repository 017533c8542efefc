"""Random queries on random rows: nothing that the compiler says may be refuted by a run.

`PGREPO_WITNESS=20000` looks at so many queries of each server; a failure is reported with the
smallest query that hypothesis finds.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.errors import SourceError

from .laboratory import Laboratory, refute
from .random.queries import statements
from .random.schema import DDL, STATES, random_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

EXAMPLES = int(os.environ.get("PGREPO_WITNESS", "500"))
# What a generated query may do wrong that is none of the compiler's business.
_USUAL = (
    psycopg.errors.DataError,
    psycopg.errors.CardinalityViolation,
    psycopg.errors.IntegrityError,
    psycopg.errors.QueryCanceled,
    psycopg.errors.FeatureNotSupported,  # some full joins cannot be planned
    psycopg.errors.InternalError_,  # "wrong varnullingrels": 18.4 has a bug in MERGE
)

_witness = settings(
    max_examples=EXAMPLES,
    derandomize="PGREPO_WITNESS" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def _build(connection: psycopg.Connection[Any], seed: int) -> None:
    connection.execute(DDL)
    random = Random(seed)  # noqa: S311 (test data)
    for number, state in enumerate(STATES):
        connection.execute(f"CREATE SCHEMA {state}; SET search_path TO {state}; {DDL}")
        rows = random_rows(random, empty=number == 0)
        for table, values in rows.tables.items():
            for value in values:
                places = ", ".join(["%s"] * len(value))
                connection.execute(f"INSERT INTO {table} VALUES ({places})", value)


@pytest.fixture(scope="module", params=["server_url", "oldest_server_url"])
def random_schema(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    """The random queries' schema with rows, on one server after the other."""
    with scratch_database(request.getfixturevalue(request.param)) as connection:
        _build(connection, EXAMPLES)
        version = connection.info.server_version // 10_000
        analyser = QueryAnalyser(Describer(connection), Catalog(connection))
        with psycopg.connect(connection.info.dsn) as running:
            running.execute("SET statement_timeout = '2s'")
            running.commit()
            yield Laboratory(version, analyser, running)
            running.rollback()


@_witness
@given(data=st.data())
def test_witness(random_schema: Laboratory, data: st.DataObject) -> None:
    """No column called not-null is NULL, and no bound on the number of rows is broken."""
    sql = data.draw(statements(version=random_schema.version), label="statement")
    try:
        query = random_schema.analyse(sql)
    except SourceError:  # PostgreSQL refuses it
        reject()
    assert query.not_understood == ()
    for state in STATES:
        try:
            rows = random_schema.run(sql, (), state)
        except _USUAL:
            continue
        refute(query, rows, state)
