"""Types whose names a class hides."""

from pgrepo.compiler.codegen.row_class import Field, RowClass
from pgrepo.compiler.codegen.shadows import aliases, hidden, hidden_in_row, visible
from pgrepo.compiler.pytypes import PyType


def test_a_field_hides_the_type_of_its_name() -> None:
    """Only names that both a field and a type have are hidden."""
    row = RowClass("Day", "", (Field("date", PyType("date")), Field("note", PyType("str | None"))))
    assert hidden_in_row(row) == {"date"}


def test_values_and_attributes_are_no_names() -> None:
    """A Literal's texts and a module's attributes stay as they are."""
    assert hidden(["list", "array"], ['Literal["list"]', "pg.array"]) == frozenset()
    text = visible('dict[str, Literal["str"]] | pg.str', frozenset({"str"}))
    assert text == 'dict[_str, Literal["str"]] | pg.str'


def test_aliases_are_sorted_and_stand_apart() -> None:
    """No names, no lines."""
    assert aliases(["list", "date"]) == [
        "",
        "_date = date",
        "_list = list",
    ]
    assert aliases([]) == []
