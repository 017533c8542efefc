"""Which queries a generated module is out of date for."""

from __future__ import annotations

import pytest

from pgrepo.compiler.codegen.drift import changed_queries, take_apart

MODULE = '''
from pgrepo.runtime import Repository, Statement


class Session:
    """A row."""

    id: int


class Sessions(Repository):
    """Queries."""

    def by_id(self, *, id: int) -> Session | None:
        """One."""
        return self._first(_BY_ID, id)

    def recent(self) -> list[Session]:
        """Many."""
        return self._all(_RECENT)

    def stream_recent(self) -> Stream[Session]:
        """Many, one by one."""
        return self._stream(_RECENT)


_BY_ID = Statement("by_id", "1111111111111111", types=(23,), row=Session)
_RECENT: Statement[Session] = Statement("recent", "2222222222222222", row=Session)
'''


def test_fingerprints() -> None:
    """A module is taken apart into its queries, annotated statements too."""
    assert take_apart(MODULE).fingerprints == {
        "by_id": "1111111111111111",
        "recent": "2222222222222222",
    }


def test_nothing_changed() -> None:
    """Layout and comments are no change."""
    assert changed_queries(MODULE, MODULE) == {}
    assert changed_queries(MODULE, MODULE.replace("\n\n\n", "\n\n# note\n\n")) == {}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("1111111111111111", "3333333333333333", {"by_id": True}),
        ("types=(23,)", "types=(20,)", {"by_id": False}),
        ("*, id: int) -> Session | None", "*, id: int) -> Session", {"by_id": False}),
        ('"""Many."""', '"""Several."""', {"recent": False}),
        ("self._stream(_RECENT)", "self._stream(_RECENT, 1)", {"recent": False}),
        ("    id: int\n", "    id: str\n", {"by_id": False, "recent": False}),
        ("import Repository, Statement", "import Statement, Repository", {}),
    ],
)
def test_changes(old: str, new: str, changed: dict[str, bool]) -> None:
    """A query changes with its statement, its methods and its row class, or with its SQL."""
    assert old in MODULE
    assert changed_queries(MODULE, MODULE.replace(old, new)) == changed


def test_queries_come_and_go() -> None:
    """A query that only one of the modules has is a change."""
    without = "".join(line for line in MODULE.splitlines(keepends=True) if "_BY_ID =" not in line)
    assert changed_queries(without, MODULE) == {"by_id": True}
    assert changed_queries(MODULE, without) == {"by_id": True}


def test_broken_module() -> None:
    """What does not parse has no queries."""
    assert take_apart("class (").fingerprints == {}
    assert changed_queries("class (", MODULE) == {"by_id": True, "recent": True}
    assert changed_queries("", MODULE) == {"by_id": True, "recent": True}


def test_other_assignments_are_no_statements() -> None:
    """Constants, calls of other names and calls without arguments are passed over."""
    text = 'A = 1\nB = other("x", "y")\nC = Statement()\nD: int\nE = a.Statement("x", "y")\n'
    assert take_apart(text).fingerprints == {}
