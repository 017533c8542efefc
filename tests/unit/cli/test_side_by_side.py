"""Domains worked on at once: outcomes in order, errors as they were, nobody left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pgrepo.cli.side_by_side import side_by_side
from pgrepo.errors import CompilationError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.cli.side_by_side import Tell

# Tests that run side by side themselves have a thread that waits for their orders.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
SPAWNED = """
import os, threading
from pgrepo.cli.side_by_side import side_by_side

def squared(number, tell):
    return number * number, os.getpid()

if __name__ == "__main__":
    over = threading.Event()
    threading.Thread(target=over.wait).start()
    found = [outcome.result() for outcome in side_by_side(squared, [2, 3])]
    over.set()
    assert [square for square, _ in found] == [4, 9], found
    assert os.getpid() not in {process for _, process in found}
"""
WRONG = SourceError(
    code="PGR203", message="no such column", file="a.sql", line=2, column=3, source_line="SELECT x"
)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were no other thread, so that processes need not import this file."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def described(number: int, tell: Tell) -> tuple[int, int]:
    """Late ones first, so that they do not end in order."""
    tell(0, number)
    time.sleep(0.2 / (1 + number))
    tell(number, number)
    return number, os.getpid()


def failing(number: int, _tell: Tell) -> int:
    """Fails for one in two."""
    if number % 2:
        raise CompilationError([WRONG])
    return number


def killed(number: int, _tell: Tell) -> int:
    """Ends one process without a word."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def patient(path: Path, _tell: Tell) -> None:
    """Waits for long, and puts away what it has made."""
    try:
        path.write_text(str(os.getpid()))
        time.sleep(60)
    finally:
        path.unlink()


@pytest.mark.usefixtures("alone")
def test_outcomes_in_order() -> None:
    """Each in a process of its own, the outcomes in the order of what was given."""
    outcomes = [outcome.result() for outcome in side_by_side(described, range(7))]
    assert [number for number, _ in outcomes] == list(range(7))
    processes = {process for _, process in outcomes}
    assert len(processes) == 7
    assert os.getpid() not in processes


def test_one_domain() -> None:
    """One needs no other process."""
    (outcome,) = side_by_side(described, [3])
    assert outcome.result() == (3, os.getpid())


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("numbers", [[2], [1, 2, 3, 4]])
def test_progress(numbers: list[int]) -> None:
    """Who watches is told how much is done, of each, to its end."""
    seen: list[tuple[int, int, int]] = []
    side_by_side(described, numbers, lambda *told: seen.append(told))
    for at, number in enumerate(numbers):
        assert [told[1:] for told in seen if told[0] == at] == [(0, number), (number, number)]


@pytest.mark.usefixtures("alone")
def test_errors_arrive_whole() -> None:
    """An error is raised where its outcome is asked for, with all that it says."""
    outcomes = side_by_side(failing, range(4))
    assert [outcomes[at].result() for at in (0, 2)] == [0, 2]
    with pytest.raises(CompilationError) as caught:
        outcomes[3].result()
    assert str(caught.value) == str(CompilationError([WRONG]))
    assert vars(caught.value.errors[0]) == vars(WRONG)


def test_errors_can_be_pickled() -> None:
    """So that other tools' processes can hand them on, too."""
    copy = pickle.loads(pickle.dumps(CompilationError([WRONG])))  # noqa: S301 - our own bytes
    assert str(copy) == str(CompilationError([WRONG]))


@pytest.mark.usefixtures("alone")
def test_a_process_that_dies() -> None:
    """It is not waited for; the error says how it ended."""
    with pytest.raises(ChildProcessError, match="ended with status -9"):
        side_by_side(killed, range(3))


def test_beside_a_thread(tmp_path: Path) -> None:
    """Where there are other threads, processes begin from nothing."""
    script = tmp_path / "script.py"
    script.write_text(SPAWNED)
    command = [sys.executable, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("alone")
def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C that reaches this process alone ends all, and they put away what they have begun."""
    paths = [tmp_path / str(number) for number in range(3)]

    def interrupt() -> None:
        while not all(path.exists() and path.read_text() for path in paths):
            time.sleep(0.01)
        # Beginning the last one may go on in this process for a moment, and Python drops an
        # exception there; of a terminal's Ctrl-C the processes would tell.
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(patient, paths)
    thread.join()
    assert not list(tmp_path.iterdir())
