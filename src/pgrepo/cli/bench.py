"""`pgrepo bench`: how fast the queries are, how that grows, and which became slower."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, Self

import msgspec
import typer

from pgrepo.bench import (
    Options,
    Selection,
    Settings,
    Watcher,
    compare,
    read_results,
    run,
    write_page,
    write_results,
)
from pgrepo.bench.compare import LEAST
from pgrepo.bench.recipes import read_given
from pgrepo.cli.bench_tables import tell_comparison, tell_results
from pgrepo.cli.common import (
    DomainsArgument,
    JsonOption,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.completion import complete_query
from pgrepo.cli.loading import load_with_progress
from pgrepo.cli.progress import bars, is_watched
from pgrepo.errors import ProjectError, UsageError
from pgrepo.operate.load import load_sample, read_steps, sample_files
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from rich.progress import Progress

    from pgrepo.bench import Comparison, Results
    from pgrepo.project import DomainFiles

_EPILOG = """\
[dim]All queries that read:[/]      pgrepo bench\n
[dim]How the cost grows:[/]         pgrepo bench --scale 0.1 --scale 1 --html report.html\n
[dim]Before and after:[/]           pgrepo bench --save before.json; pgrepo bench --compare \\
    before.json\n
[dim]A few, on your own data:[/]    pgrepo bench shop --query 'recent_*' --no-load \\
    --dsn postgresql://localhost/app"""

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        metavar="URL",
        help="The server, as postgresql://user@host/name; databases are made on it and dropped, "
        "and no other is touched. Without it, the environment's DATABASE_URL; without that, the "
        "embedded server. With --no-load, the database.",
    ),
]
ScaleOption = Annotated[
    list[float] | None,
    typer.Option(
        "--scale",
        min=0.0001,
        help="How much synthetic data to load; several times, to see how cost grows. Without it, "
        "0.1.",
    ),
]
NoLoadOption = Annotated[
    bool,
    typer.Option(
        "--no-load", help="Measure the database as it is, with the data in it, and only read."
    ),
]
QueryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        metavar="PATTERN",
        autocompletion=complete_query,
        help="Queries to measure, such as recent_orders, 'recent_*' or 'shop.*'; can be given "
        "several times. Without it, all.",
    ),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter's value, as PostgreSQL writes it, instead of values from the data; also "
        "query.NAME=VALUE. Given again, calls take the values in turn; NAME alone is NULL.",
    ),
]
WritesOption = Annotated[
    bool,
    typer.Option("--writes", help="Also measure queries that write; each call is rolled back."),
]
ConcurrencyOption = Annotated[
    int, typer.Option("--concurrency", min=1, max=256, help="How many threads make calls.")
]
SecondsOption = Annotated[
    float,
    typer.Option("--seconds", min=0.01, help="For how long each query is called at each scale."),
]
RoundsOption = Annotated[
    int,
    typer.Option(
        "--rounds",
        min=1,
        max=1000,
        help="In how many turns that time is spent; --compare compares their medians.",
    ),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Put the plans into the results, without constants.")
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FILE",
        dir_okay=False,
        help="Keep the results there, as JSON, for --compare.",
    ),
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", dir_okay=False, help="Write a page with tables and plots there."
    ),
]
CompareOption = Annotated[
    Path | None,
    typer.Option(
        "--compare",
        metavar="FILE",
        dir_okay=False,
        help="Compare with results that --save wrote; the status is 1 when a query is slower.",
    ),
]
LeastOption = Annotated[
    float,
    typer.Option(
        "--least",
        min=1.01,
        help="How many times slower a query must be, beyond noise, to be called so.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="With --compare, the status is 1 for a changed plan, too."),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(bench)


def bench(
    domains: DomainsArgument = None,
    *,
    scale: ScaleOption = None,
    query: QueryOption = None,
    seconds: SecondsOption = 1.0,
    rounds: RoundsOption = 10,
    concurrency: ConcurrencyOption = 1,
    param: ParamOption = None,
    writes: WritesOption = False,
    explain: ExplainOption = False,
    save: SaveOption = None,
    html: HtmlOption = None,
    baseline: CompareOption = None,
    least: LeastOption = LEAST,
    strict: StrictOption = False,
    as_json: JsonOption = False,
    no_load: NoLoadOption = False,
    dsn: ServerOption = None,
) -> None:
    """Measure the queries of the project, as the generated methods call them.

    Makes a database, applies the schema, loads the domain's sample and synthetic data, draws
    values for the parameters from the rows, and calls each query in turn, round after round.
    Reports how long calls take, how many rows and blocks they read, by which plan, and how that
    grows with the data.

    Your own data is safe: all of this happens in a database made for it and dropped afterwards,
    and calls that write are rolled back. Only --no-load works on a database of yours, and there
    nothing is written.

    The status is 0; 1 when something is wrong, or a query is slower than in the file that
    --compare names; 2 for a command line that cannot be understood; 130 after Ctrl-C, which
    reports what was measured until then.
    """
    with reporting():
        _refuse_contradictions(scale, no_load=no_load, writes=writes, compared=baseline is not None,
                               strict=strict)  # fmt: skip
        for path in (save, html):
            _refuse_unwritable(path)
        before = read_results(baseline) if baseline is not None else None
        selected = select_domains(domains or [])
        url = _existing(dsn) if no_load else resolve_dsn(dsn)
        options = Options(
            scales=() if no_load else tuple(dict.fromkeys(scale or [0.1])),
            settings=Settings(concurrency, seconds, rounds),
            selection=Selection(tuple(query or ()), writes),
            given=read_given(param or ()),
            explain=explain,
        )
        if not no_load:
            for domain in selected:
                _refuse_empty(domain)
        with _Watcher() as watcher:
            results = run(selected, url, options, watcher)
        comparison = None
        if before is not None and not results.interrupted:
            comparison = compare(before, results, least)
        _tell(results, comparison, as_json=as_json)
        if results.domains:
            with _for_people(as_json=as_json):
                _write(results, comparison, save, html)
    _end(results, comparison, strict=strict)


def _end(results: Results, comparison: Comparison | None, *, strict: bool) -> None:
    """Leaves with the status that says how it went, unless all went well."""
    if results.interrupted:
        _end_interrupted(results)
    if comparison is not None and (comparison.slower or (strict and comparison.replanned)):
        raise typer.Exit(1)


def _tell(results: Results, comparison: Comparison | None, *, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(results))
    else:
        tell_results(results)
    if comparison is not None:
        with _for_people(as_json=as_json):
            tell_comparison(comparison)


def _for_people(*, as_json: bool) -> contextlib.AbstractContextManager[object]:
    """Beside JSON, what is for people is told where they see it and programs do not."""
    return contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()


def _existing(dsn: str | None) -> str:
    url = dsn or os.environ.get("DATABASE_URL")
    if url is None:
        raise UsageError(
            "--no-load measures a database that is there: name it with --dsn, or in DATABASE_URL"
        )
    return url


def _end_interrupted(results: Results) -> NoReturn:
    what = "above is what was" if results.domains else "nothing was"
    say(f"interrupted: {what} measured until then", to=err_console)
    raise typer.Exit(130)


def _write(
    results: Results, comparison: Comparison | None, save: Path | None, html: Path | None
) -> None:
    if save is not None:
        write_results(results, save)
        say(f"results: {save}", style="dim")
    if html is not None:
        write_page(results, comparison, html)
        say(f"report:  {html}", style="dim")


def _refuse_contradictions(
    scale: list[float] | None, *, no_load: bool, writes: bool, compared: bool, strict: bool
) -> None:
    if no_load and scale:
        raise UsageError("--no-load loads nothing, so that --scale has no meaning: leave one out")
    if no_load and writes:
        raise UsageError(
            "--no-load only reads: queries that write are measured in a database of the "
            "benchmark's own, without --no-load"
        )
    if strict and not compared:
        raise UsageError("--strict is about changed plans: name the earlier results by --compare")


def _refuse_unwritable(path: Path | None) -> None:
    """What cannot be written is told before an hour of measuring, not after it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise ProjectError(f"{path}: there is no directory {path.resolve().parent}: make it first")


def _refuse_empty(domain: DomainFiles) -> None:
    if not sample_files(domain) and not read_steps(domain):
        raise ProjectError(
            f"{domain.name} has no data to load: put .sql files into {domain.load} or "
            f"{domain.sample}, or measure a database that has data, with --no-load --dsn URL"
        )


class _Watcher(Watcher):
    """A progress bar on a terminal; elsewhere, silence."""

    def __init__(self) -> None:
        self._resources = contextlib.ExitStack()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._resources.close()

    def load(self, database: str, domain: DomainFiles, scale: float) -> int:
        """Loads sample and synthetic data under the progress bar of `pgrepo load`."""
        self._resources.close()
        self._progress = None
        rows = load_sample(database, domain) if sample_files(domain) else 0
        if read_steps(domain):
            rows += sum(load_with_progress(database, domain, scale).values())
        return rows

    def at(self, doing: str, done: int, total: int) -> None:
        """Shows how much of something is done."""
        if not is_watched():
            return
        if self._progress is None:
            self._progress = self._resources.enter_context(bars())
            self._progress.add_task("", total=1)
        [task] = self._progress.task_ids
        self._progress.update(task, description=doing, completed=done, total=total)
