"""What the compiler says of statements, on every server it works with, and whether it is true."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest

from pgrepo.embedded import MAJOR

from . import cases
from .laboratory import OLDEST, STATES, refute

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

    from .cases.case import Case
    from .laboratory import Laboratory


def all_cases() -> list[Case]:
    """Every case of every module of `cases`."""
    modules = [item.name for item in pkgutil.iter_modules(cases.__path__) if item.name != "case"]
    return [
        case
        for name in modules
        for case in importlib.import_module(f"{cases.__name__}.{name}").CASES
    ]


def _cases_by_server() -> list[ParameterSet]:
    """Every case on the servers whose versions it is of."""
    return [
        pytest.param(case, server, id=f"{server}-{case.name[:60]}")
        for case in all_cases()
        for server, version in (("newest", MAJOR), ("oldest", OLDEST))
        if case.since <= version <= case.until
    ]


@pytest.mark.parametrize(("case", "each_version"), _cases_by_server(), indirect=["each_version"])
def test_case(case: Case, each_version: Laboratory) -> None:
    """The facts are those expected, and running the statement does not refute them."""
    if not case.since <= each_version.version <= case.until:  # DATABASE_URL names another server
        pytest.skip(f"is of PostgreSQL {case.since} to {case.until}")
    query = each_version.analyse(case.sql)
    signs = "".join("?" if column.nullable else "!" for column in query.columns)
    found = (signs, query.cardinality, query.read_only, query.not_understood)
    assert found == (case.columns, case.cardinality, case.reads, ())
    for values in case.values:
        for state in STATES:
            refute(query, each_version.run(case.sql, values, state), state)
