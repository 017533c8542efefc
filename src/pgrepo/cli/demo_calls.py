"""The demo's calls: each with its signature, its result as a table, and its time."""

from __future__ import annotations

import inspect
import statistics
import time
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from rich.syntax import Syntax
from rich.text import Text

from pgrepo.cli.common import console
from pgrepo.cli.tables import plain_table, show

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from rich.table import Table

    from pgrepo.domains.monumento import Monumento
    from pgrepo.domains.monumento.sessions import RecentSession, Session, SessionWithMessages
    from pgrepo.domains.monumento.users import UserStats

P = ParamSpec("P")
R = TypeVar("R")

_WARM_CALLS = 50
_SHOWN_MESSAGES = 6
_WIDTH = 76
_STORYTELLER = "john@example.com"  # of the sample: few sessions, and words worth reading
_REGULAR = "user1@load.example.com"  # of the synthetic data: a hundred sessions


def run_calls(monumento: Monumento) -> None:
    """Runs the calls one after the other."""
    storyteller = monumento.users.user_by_email(email=_STORYTELLER)
    regular = monumento.users.user_by_email(email=_REGULAR)
    assert storyteller is not None
    assert regular is not None
    sessions = monumento.sessions
    _present(_recent, sessions.recent_sessions, user_id=regular.id, limit=5)
    told = max(
        sessions.recent_sessions(user_id=storyteller.id), key=lambda session: session.message_count
    )
    _present(_conversation, sessions.session_with_messages, session_id=told.id)
    _present(_stats, monumento.users.user_stats, user_id=regular.id)
    before = sessions.session_by_id(session_id=told.id)
    _present(
        lambda after: _patched(before, after),
        sessions.update_session,
        session_id=told.id,
        mode="Director Mode",
    )


def _present(
    tabulate: Callable[[R], Table], method: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Prints a method's signature, what a call of it returns, and how long that takes."""
    result, first = _timed(method, *args, **kwargs)
    warm = statistics.median(_timed(method, *args, **kwargs)[1] for _ in range(_WARM_CALLS))
    written = Syntax("", "python", theme="ansi_dark", background_color="default")
    text = written.highlight(short_signature(method, kwargs))
    text.rstrip()
    show(text)
    show(Text(_first_sentence(method), style="dim"))
    show(tabulate(result))
    console.print(
        f"[dim]first call[/] [cyan]{_milliseconds(first)}[/][dim], then[/] "
        f"[cyan]{_milliseconds(warm)}[/]\n",
        highlight=False,
    )


def _timed(method: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, float]:
    began = time.perf_counter()
    result = method(*args, **kwargs)
    return result, time.perf_counter() - began


def short_signature(method: Callable[..., object], given: Collection[str]) -> str:
    """A method's signature; defaults that were not overridden give way when it is long."""
    signature = inspect.signature(method)
    name = method.__name__
    parameters = list(signature.parameters.values())
    whole = f"{name}(*, {', '.join(map(_parameter, parameters))}) -> {signature.return_annotation}"
    if len(whole) <= _WIDTH:
        return whole
    kept: list[str] = []
    for parameter in parameters:
        if parameter.name in given or parameter.default is inspect.Parameter.empty:
            kept.append(_parameter(parameter))
        elif kept[-1:] != ["..."]:
            kept.append("...")
    short = f"{name}(*, {', '.join(kept)})"
    # What does not fit goes on where a person would break the line.
    gap = " " if len(short) + len(signature.return_annotation) < _WIDTH - 4 else "\n    "
    return f"{short}{gap}-> {signature.return_annotation}"


def _parameter(parameter: inspect.Parameter) -> str:
    default = "" if parameter.default is inspect.Parameter.empty else f" = {parameter.default!r}"
    return f"{parameter.name}: {parameter.annotation}{default}"


def _first_sentence(method: Callable[..., object]) -> str:
    words = " ".join((inspect.getdoc(method) or "").split())
    return words.partition(". ")[0].removesuffix(".") + "."


def _milliseconds(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.2f} ms"


# Results as tables


def _recent(rows: Sequence[RecentSession]) -> Table:
    table = plain_table(
        "created_at", "vibe", "mode", "status", "message_count", right=["message_count"]
    )
    for row in rows:
        table.add_row(_time(row.created_at), row.vibe, row.mode, row.status, str(row.message_count))
    return table


def _conversation(session: SessionWithMessages | None) -> Table:
    assert session is not None
    table = plain_table("offset", "role", "text", right=["offset"], wide="text")
    for message in session.messages[:_SHOWN_MESSAGES]:
        minutes, seconds = divmod(message.offset // 1000, 60)
        style = "cyan" if message.role == "ai" else ""
        table.add_row(f"{minutes}:{seconds:02}", message.role, Text(message.text, style=style))
    more = len(session.messages) - _SHOWN_MESSAGES
    if more > 0:
        table.add_row("", "", Text(f"and {more} more", style="dim"))
    return table


def _stats(stats: UserStats | None) -> Table:
    assert stats is not None
    table = plain_table("field", "value")
    for field in fields(stats):
        table.add_row(field.name, _plain(getattr(stats, field.name)))
    return table


def _patched(before: Session | None, after: Session | None) -> Table:
    assert before is not None
    assert after is not None
    table = plain_table("field", "before", "after")
    for field in ("vibe", "mode", "duration_minutes", "updated_at"):
        old, new = _plain(getattr(before, field)), _plain(getattr(after, field))
        table.add_row(field, old, Text(new, style="green" if new != old else "dim"))
    return table


def _plain(value: object) -> str:
    return _time(value) if isinstance(value, datetime) else str(value)


def _time(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M}"
