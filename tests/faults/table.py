"""One table of what the fault tests have found, printed at the end of the run.

A test says by a mark which fault it is about, and by a call what it has seen; the verdict is
pytest's. Figures of several tests of one fault are added up, and of stalls the longest counts.

```python
@pytest.mark.fault(3)
def test_killed_workers(record: Record) -> None:
    ...
    record(operations=10_000, lost=0, doubled=0, stall=1.5)
    assert ...
```

The mark takes a number of the list in `FAULTS`, or words for a fault that is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.terminal import TerminalReporter

FAULTS = {
    1: "sessions ended under optimistic-lock writers",
    2: "server restarted under load",
    3: "queue workers killed",
    4: "worker stopped past its lease",
    5: "primary killed, synchronous standby promoted",
    6: "old primary comes back read-only",
    7: "read your writes while replay is paused",
    8: "standby reads against VACUUM",
    9: "network that swallows everything",
    10: "disk full while archiving",
    11: "migrator and archiver killed anywhere",
    12: "200 tenants under kills and cancels; Redis killed",
}
_HEAD = ("", "fault", "operations", "lost", "doubled", "worst stall", "verdict")


class Record(Protocol):
    """Says what a test of a fault has seen; may be called several times."""

    def __call__(
        self, *, operations: int, lost: int = 0, doubled: int = 0, stall: float | None = None
    ) -> None:
        """Adds to the figures of the fault.

        Args:
            operations: how many were acknowledged.
            lost: how many of them are not there.
            doubled: how many took effect more than once.
            stall: how long somebody had to wait at most, in s.

        Raises:
            AssertionError: something is lost or doubled.
        """


@dataclass
class Row:
    """What was found about one fault."""

    operations: int = 0
    lost: int = 0
    doubled: int = 0
    stall: float | None = None
    passed: int = 0
    failed: int = 0

    def record(
        self, *, operations: int, lost: int = 0, doubled: int = 0, stall: float | None = None
    ) -> None:
        """See Record."""
        self.operations += operations
        self.lost += lost
        self.doubled += doubled
        if stall is not None:
            self.stall = max(stall, self.stall or 0.0)
        assert (lost, doubled) == (0, 0), f"{lost} operations are lost, {doubled} doubled"

    @property
    def verdict(self) -> str:
        """What came of its tests."""
        if self.failed:
            return "FAILS"
        return "holds" if self.passed else "not run"

    def cells(self) -> tuple[str, ...]:
        """What stands in the table."""
        if self.verdict == "not run":
            return ("", "", "", "", self.verdict)
        if not self.operations:
            return ("", "", "", "", self.verdict)
        stall = "" if self.stall is None else f"{self.stall:.2f} s"
        counts = (self.operations, self.lost, self.doubled)
        return (*(f"{count:,}" for count in counts), stall, self.verdict)


_ROWS = pytest.StashKey[dict["int | str", Row]]()


def lines(rows: dict[int | str, Row]) -> list[str]:
    """Returns the table: the twelve faults, and below them all others."""
    numbered = [(str(number), name, rows.get(number, Row())) for number, name in FAULTS.items()]
    others = [("", name, row) for name, row in rows.items() if isinstance(name, str)]
    table = [_HEAD, *((number, name, *row.cells()) for number, name, row in numbered + others)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at in {1, 6} else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in table
    ]


def _row_of(item: pytest.Item) -> Row | None:
    mark = item.get_closest_marker("fault")
    if mark is None:
        return None
    (fault,) = mark.args
    assert fault in FAULTS or isinstance(fault, str), f"there is no fault {fault}"
    rows = item.config.stash.setdefault(_ROWS, {})
    return rows.setdefault(fault, Row())


# What tests/faults/conftest.py gives to pytest.


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Takes what a test of a fault has seen."""
    row = _row_of(request.node)
    assert row is not None, "which fault is it? @pytest.mark.fault(number)"
    return row.record


def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known."""
    config.addinivalue_line("markers", "fault(number): which of the faults a test is about")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Counts what has passed and failed."""
    report = yield
    if (row := _row_of(item)) is not None:
        row.passed += report.when == "call" and report.passed
        row.failed += report.failed
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints the table, if there was a test of a fault."""
    if (rows := terminalreporter.config.stash.get(_ROWS, {})) and any(
        row.passed or row.failed for row in rows.values()
    ):
        terminalreporter.section("faults")
        for line in lines(rows):
            terminalreporter.write_line(line)
