"""A run from its beginning to its end: for each domain and scale, load, try, explain, measure."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import pgrepo
from pgrepo.bench.calls import Method, least_call, load_domain, scopes_of
from pgrepo.bench.database import own_database, require_schema, settle
from pgrepo.bench.explain import EXPLAINED, Explained, Explainer
from pgrepo.bench.measure import Stopwatch, Subject
from pgrepo.bench.recipes import Recipes
from pgrepo.bench.results import (
    DomainRun,
    Measured,
    Results,
    ScaleRun,
    Settings,
    Skipped,
    latency_of,
)
from pgrepo.bench.select import Selection, chosen_queries
from pgrepo.bench.trial import Trial, Tried, first_line
from pgrepo.bench.values import Values
from pgrepo.compiler.checks.findings import Recorder
from pgrepo.compiler.compile import analyse_all, tools_on
from pgrepo.compiler.server import require_version
from pgrepo.errors import CompilationError
from pgrepo.operate.load import load, load_sample, sample_files
from pgrepo.runtime import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pgrepo.bench.select import Chosen
    from pgrepo.project import DomainFiles
    from pgrepo.runtime import Domain

# The calls that an interrupt finds under way; not those of another benchmark.
_CANCEL = """
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE application_name = current_setting('application_name')
    AND datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure, and how.

    Attributes:
        scales: scale factors of the data; empty to take the data of the database as it is.
        settings: how to measure.
        selection: which queries.
        given: values of parameters, see `recipes.read_given`.
        explain: whether to keep plans.
    """

    scales: tuple[float, ...] = (0.1,)
    settings: Settings = field(default_factory=Settings)
    selection: Selection = field(default_factory=Selection)
    given: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    explain: bool = False


class Watcher:
    """Loads the data, and is told how far a run is. This one keeps that to itself."""

    def load(self, database: str, domain: DomainFiles, scale: float) -> int:
        """Loads sample and synthetic data.

        Args:
            database: a connection string; the schema is there.
            domain: whose data.
            scale: how much synthetic data.

        Returns:
            How many rows were added.
        """
        rows = load_sample(database, domain) if sample_files(domain) else 0
        return rows + sum(done.rows for done in load(database, domain, scale))

    def at(self, doing: str, done: int, total: int) -> None:
        """Is told how far a run is.

        Args:
            doing: what is being done, in words.
            done: how much of it is done.
            total: how much there is.
        """


def run(
    domains: Sequence[DomainFiles],
    server: str,
    options: Options | None = None,
    watcher: Watcher | None = None,
) -> Results:
    """Measures domains; Ctrl-C ends that early, with what has been measured until then.

    Args:
        domains: what to measure.
        server: a connection string; with scales, of a server on which databases can be made.
        options: what to measure, and how.
        watcher: loads the data, and is told of the progress.

    Raises:
        PgrepoError: something is wrong with the files, the options, or the database.
        psycopg.Error: the server cannot be reached, or refuses.
    """
    options, watcher = options or Options(), watcher or Watcher()
    made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    chosen = chosen_queries(domains, options.selection)
    tasks = [_Task(item, load_domain(item.files)) for item in chosen]
    with psycopg.connect(server, autocommit=True) as connection:
        require_version(connection, "measuring")
        version = connection.info.server_version
    interrupted = False
    try:
        for task in tasks:
            _measure_domain(task, server, options, watcher)
    except KeyboardInterrupt:
        interrupted = True
    return Results(
        made=made,
        pgrepo=pgrepo.__version__,
        python=platform.python_version(),
        server=f"{version // 10000}.{version % 10000}",
        settings=options.settings,
        domains=tuple(DomainRun(task.name, tuple(task.found)) for task in tasks if task.found),
        interrupted=interrupted,
    )


@dataclass(frozen=True, slots=True)
class _Task:
    """What to measure, the class to do it through, and what was found at each scale."""

    chosen: Chosen
    domain: type[Domain]
    found: list[ScaleRun] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.chosen.files.name


def _measure_domain(task: _Task, server: str, options: Options, watcher: Watcher) -> None:
    if not options.scales:
        _Run(task, server, options, watcher).measure(None, None)
    for scale in sorted(options.scales):
        with own_database(server, task.chosen.files) as url:
            rows = watcher.load(url, task.chosen.files, scale)
            settle(url)
            _Run(task, url, options, watcher).measure(scale, rows)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Queries that take turns, and the floor with them."""

    floor: Subject
    pairs: tuple[tuple[Tried, Subject], ...]

    def told(self, explained: Mapping[str, Explained]) -> Iterator[Measured | Skipped]:
        """What was found out; nothing of what an interrupt kept from being timed."""
        for item, subject in self.pairs:
            if subject.failure is not None:
                yield _failed(subject)
            elif subject.rounds:
                yield _measured(item, subject, self.floor, explained)


@dataclass(frozen=True, slots=True)
class _Run:
    """A domain in one database."""

    task: _Task
    url: str
    options: Options
    watcher: Watcher

    def measure(self, scale: float | None, rows: int | None) -> None:
        """Measures what there is to measure, and adds it to what was found."""
        name, size = self.task.name, self.options.settings.concurrency
        where = name if scale is None else f"{name} at scale {scale:g}"
        application = f"pgrepo bench {os.getpid()}"
        with (
            psycopg.connect(self.url, autocommit=True, application_name=application) as own,
            Database(
                self._conninfo(application), min_size=size, max_size=size, timeout=60.0
            ) as database,
        ):
            require_schema(own, name)
            tried, skipped = self._try(own, database, where)
            explained = self._explain(Explainer(own, keep=self.options.explain), tried, where)
            row = own.execute("SELECT pg_database_size(current_database())").fetchone()
            # What is rolled back leaves dead rows: so those that only read come first.
            groups = [
                _Timed(
                    Subject("SELECT 1", [least_call(database)]),
                    tuple(
                        (item, Subject(item.method.query.name, [c.timed() for c in item.calls]))
                        for item in tried
                        if item.method.writes is writes
                    ),
                )
                for writes in (False, True)
            ]
            try:
                with Stopwatch(size, cancel=lambda: own.execute(_CANCEL)) as stopwatch:
                    for group in groups:
                        self._time(stopwatch, group, where)
            finally:
                told = [item for group in groups for item in group.told(explained)]
                self.task.found.append(
                    self._scale_run(scale, rows, row[0] if row else 0, [*told, *skipped])
                )

    def _scale_run(
        self,
        scale: float | None,
        rows: int | None,
        size: int,
        told: Sequence[Measured | Skipped],
    ) -> ScaleRun:
        """The results, in the order of the query files; what was left out by name."""
        chosen = self.task.chosen
        order = {query.name: place for place, (query, _) in enumerate(chosen.queries)}
        queries = [item for item in told if isinstance(item, Measured)]
        skipped = [item for item in told if isinstance(item, Skipped)]
        return ScaleRun(
            scale=scale,
            rows=rows,
            size=size,
            queries=tuple(sorted(queries, key=lambda query: order[query.name])),
            skipped=tuple(sorted([*skipped, *chosen.skipped], key=lambda item: item.name)),
        )

    def _conninfo(self, application: str) -> str:
        """How the measured calls connect: read-only where the data is somebody's."""
        extra: dict[str, Any] = {"application_name": application}
        if not self.options.scales:
            present = conninfo_to_dict(self.url).get("options") or ""
            extra["options"] = f"{present} -c default_transaction_read_only=on".strip()
        return make_conninfo(self.url, **extra)

    def _try(
        self, own: psycopg.Connection[Any], database: Database, where: str
    ) -> tuple[list[Tried], list[Skipped]]:
        """Tries all queries out."""
        files = self.task.chosen.files
        tools = tools_on(own, Recorder)
        analysed, errors = analyse_all(
            [query for query, _ in self.task.chosen.queries], tools.analyser
        )
        if errors:
            raise CompilationError(errors)
        values = Values(database)
        given = {**dict(files.bench.params), **self.options.given}
        trial = Trial(
            database,
            self.task.domain,
            Recipes(tools, files.name, values, given),
            [*scopes_of(self.task.domain), None],
        )
        tried: list[Tried] = []
        skipped: list[Skipped] = []
        modules = dict(self.task.chosen.modules)
        for number, query in enumerate(analysed):
            self.watcher.at(f"{where}: trying {query.name}", number, len(analysed))
            if not query.read_only and not self.options.selection.writes:
                skipped.append(_writing(query.name))
                continue
            found = trial.attempt(Method(query, modules[query.name]))
            (skipped if isinstance(found, Skipped) else tried).append(found)  # type: ignore[arg-type]
        own.execute("SET debug_print_rewritten = off; SET client_min_messages = warning")
        return tried, skipped

    def _explain(
        self, explainer: Explainer, tried: Sequence[Tried], where: str
    ) -> dict[str, Explained]:
        explained = {}
        for number, item in enumerate(tried):
            name = item.method.query.name
            self.watcher.at(f"{where}: explaining {name}", number, len(tried))
            # Utility statements have no plan.
            with contextlib.suppress(psycopg.Error):
                explained[name] = explainer.explain(item.calls[:EXPLAINED])
        return explained

    def _time(self, stopwatch: Stopwatch, group: _Timed, where: str) -> None:
        """Measures queries in turn, and the floor with them."""
        settings = self.options.settings
        if not group.pairs:
            return
        everything = [group.floor, *(subject for _, subject in group.pairs)]
        total = (settings.rounds + 1) * len(everything)
        turns = stopwatch.measure(everything, settings.seconds, settings.rounds)
        for number, (round_, subject) in enumerate(turns, start=1):
            doing = f"round {round_}" if round_ else "warming up"
            self.watcher.at(f"{where}: {doing}, {subject.label}", number, total)


def _writing(name: str) -> Skipped:
    return Skipped(name, "it writes, or locks", "--writes measures it, and rolls back each call")


def _failed(subject: Subject) -> Skipped:
    assert subject.failure is not None, "it did not fail"
    return Skipped(
        subject.label,
        f"it failed while it was measured: {first_line(subject.failure)}",
        "give values that it takes, with --param, or measure with less --concurrency",
    )


def _measured(
    item: Tried, subject: Subject, floor: Subject, explained: Mapping[str, Explained]
) -> Measured:
    """What was found out of a query, in microseconds."""
    query = item.method.query
    samples = tuple(round(time / 1000, 1) for time in sorted(subject.samples.values))
    buffers, plans = explained.get(query.name, (None, ()))
    return Measured(
        name=query.name,
        file=query.source.source.name,
        scope=item.scope,
        writes=item.method.writes,
        calls=subject.samples.seen,
        rate=round(subject.rate, 1),
        rows=round(item.rows, 2),
        empty=round(item.empty, 3),
        latency=latency_of(samples),
        rounds=_microseconds(subject.rounds),
        samples=samples,
        floor=_microseconds(floor.rounds),
        buffers=buffers,
        plans=plans,
        notes=item.notes,
    )


def _microseconds(times: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(time / 1000, 2) for time in times)
