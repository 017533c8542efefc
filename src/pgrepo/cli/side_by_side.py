"""Several domains at once, each in a process of its own."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

D = TypeVar("D")
T = TypeVar("T")
Tell = Callable[[int, int], None]
"""Is told how many queries are done, and of how many."""

# While one waits for the server, another one computes; each has a connection or two to it.
_AT_ONCE = 3
_INTERRUPTED = 130


class Outcome(Generic[T]):
    """What became of the work on one domain."""

    def __init__(self, value: T | None, error: Exception | None) -> None:
        self._value = value
        self._error = error

    def result(self) -> T:
        """Returns what the work returned, or raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None only where T has it


def side_by_side(
    work: Callable[[D, Tell], T],
    domains: Sequence[D],
    watch: Callable[[int, int, int], None] | None = None,
) -> list[Outcome[T]]:
    """Works on domains at once, each in a process; on a single one right here.

    Compiling is Python's work as much as the server's, so that threads would take turns.

    Args:
        work: can be pickled, and so can what it is given, returns and raises. Besides a domain it
            is given what it may tell how much is done, and of how much.
        domains: what it is given.
        watch: is told that, behind the number of the domain.

    Returns:
        The outcome for each domain, in their order; all are there.

    Raises:
        KeyboardInterrupt: Ctrl-C; all have put away what they had begun.
    """
    if len(domains) == 1:
        return [_outcome(work, domains[0], partial(watch, 0) if watch else _nobody)]
    waiting = dict(enumerate(domains))
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    found: dict[int, Outcome[T]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < _AT_ONCE:
                at = next(iter(waiting))
                receiver, sender, process = _made(work, waiting.pop(at), watched=watch is not None)
                running[receiver] = at, process  # before it begins: Ctrl-C must not miss it
                process.start()
                sender.close()
            ready = wait(list(running))
            for receiver in [receiver for receiver in running if receiver in ready]:
                at, process = running[receiver]
                received = _received(receiver, process)
                if isinstance(received, Outcome):
                    del running[receiver]
                    process.join()
                    found[at] = received
                elif watch is not None:
                    watch(at, *received)
    except BaseException:
        _interrupt([process for _, process in running.values()])
        raise
    return [found[at] for at in range(len(domains))]


def _outcome(work: Callable[[D, Tell], T], domain: D, tell: Tell) -> Outcome[T]:
    # What is read stays to the end, and looking for garbage in it takes a fifth of the time.
    gc.disable()
    try:
        return Outcome(work(domain, tell), None)
    except Exception as error:  # noqa: BLE001 - it is raised where the outcome is asked for
        return Outcome(None, error)
    finally:
        gc.enable()


def _nobody(done: int, total: int) -> None:
    """Is told what nobody wants to know."""


def _made(
    work: Callable[[D, Tell], T], domain: D, *, watched: bool
) -> tuple[Connection, Connection, BaseProcess]:
    """A process that has not begun, and the two ends of its pipe."""
    # A copy of this process needs no imports. It is not safe where there are other threads, nor
    # with what libraries of macOS do in the background.
    alone = sys.platform == "linux" and threading.active_count() == 1
    context = get_context("fork") if alone else get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(work, domain, sender, watched), daemon=True)
    return receiver, sender, process


def _run(work: Callable[[D, Tell], T], domain: D, sender: Connection, watched: bool) -> None:
    # Not KeyboardInterrupt: a process that it ends prints a traceback.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(_INTERRUPTED))
    tell = (lambda done, total: sender.send((done, total))) if watched else _nobody
    sender.send(_outcome(work, domain, tell))


def _received(receiver: Connection, process: BaseProcess) -> Outcome[Any] | tuple[int, int]:
    """What a process has sent: its outcome, or how much is done."""
    try:
        received: Outcome[Any] | tuple[int, int] = receiver.recv()
    except EOFError:
        process.join()
        if process.exitcode == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise ChildProcessError(
            f"a process that worked on a domain ended with status {process.exitcode}"
        ) from None
    return received


def _interrupt(processes: Sequence[BaseProcess]) -> None:
    begun = [process for process in processes if process.pid is not None]
    for process in begun:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGINT)
    for process in begun:
        process.join()
