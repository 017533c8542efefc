"""Annotations in a query's doc comment."""

from pathlib import Path

import pytest

from pgrepo.sqlfiles.annotations import Annotations
from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source


def annotations(*lines: str) -> tuple[Annotations, str]:
    text = "-- name: q(limit, user)\n" + "".join(f"-- {line}\n" for line in lines)
    text += "SELECT :limit, :user;\n"
    file = read_queries(Source(text, Path("q.sql"), "q.sql"))
    assert file.errors == ()
    return file.queries[0].annotations, text


def test_none() -> None:
    """Without annotations everything is empty."""
    assert annotations("Doc, me@example.org.", "@> is an operator.")[0] == Annotations()


def test_row() -> None:
    """The row class's name has a span in the file."""
    found, text = annotations("@row  Session")
    assert found.row == "Session"
    assert found.row_span is not None
    assert text[slice(*found.row_span)] == "Session"


@pytest.mark.parametrize(
    ("line", "name", "type_", "not_null"),
    [
        ("@column data: app.models.Bible", "data", "app.models.Bible", False),
        ("@column data not null", "data", None, True),
        ("@column data NOT  NULL", "data", None, True),
        ("@column data : list[a.B] | None not null", "data", "list[a.B] | None", True),
        ('@column d: Literal["x:y", -1]', "d", 'Literal["x:y", -1]', False),
        ('@column "Odd ""name": int', 'Odd "name', "int", False),
    ],
)
def test_column(line: str, name: str, type_: str | None, not_null: bool) -> None:
    """Type and nullability of a column, each alone or both."""
    (column,) = annotations(line)[0].columns
    assert (column.name, column.type, column.not_null) == (name, type_, not_null)


@pytest.mark.parametrize(
    ("line", "type_", "default"),
    [
        ("@param limit = 10", None, "10"),
        ("@param limit=10", None, "10"),
        ("@param limit: int = -10", "int", "-10"),
        ("@param limit: dict[str, int] | None", "dict[str, int] | None", None),
        ("@param limit = 'a=b'", None, "'a=b'"),
        ("@param limit = (1, None)", None, "(1, None)"),
    ],
)
def test_parameter(line: str, type_: str | None, default: str | None) -> None:
    """Type and default of a parameter, each alone or both."""
    found, text = annotations(line)
    (parameter,) = found.parameters
    assert (parameter.name, parameter.type, parameter.default) == ("limit", type_, default)
    assert text[slice(*parameter.span)] == "limit"


def test_several() -> None:
    """Any number, in the order of the file; prose between them stays the doc."""
    found, _ = annotations("One.", "@column b: int", "@column a not null", "@param user = None")
    assert [column.name for column in found.columns] == ["b", "a"]
    assert [parameter.name for parameter in found.parameters] == ["user"]
