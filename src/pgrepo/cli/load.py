"""`pgrepo load`: data to try a domain with, or to measure it."""

from __future__ import annotations

from typing import Annotated

import typer

from pgrepo.cli.common import (
    DomainArgument,
    DsnOption,
    JsonOption,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.loading import load_with_progress
from pgrepo.errors import ProjectError
from pgrepo.operate.load import load_sample, read_steps, sample_files
from pgrepo.project import select_domains

_EPILOG = """\
[dim]A million messages:[/]      pgrepo load monumento --scale 2.5\n
[dim]A few rows to look at:[/]   pgrepo load monumento --sample"""

ScaleOption = Annotated[
    float, typer.Option("--scale", min=0.0001, help="How much synthetic data; see its README.")
]
SampleOption = Annotated[bool, typer.Option("--sample", help="The sample alone.")]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(load)


def load(
    domain: DomainArgument,
    scale: ScaleOption = 1.0,
    *,
    sample: SampleOption = False,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Fill a migrated database with sample and synthetic data.

    The same scale always gives the same rows. Rows that are there already are left alone, so an
    interrupted load can be run again, and a larger scale adds to a smaller one.
    """
    with reporting():
        [files] = select_domains([domain])
        has_sample, has_steps = bool(sample_files(files)), bool(read_steps(files))
        if not has_sample and (sample or not has_steps):
            what = "sample" if sample else "data to load"
            raise ProjectError(
                f"{domain} has no {what}: put .sql files into "
                f"{files.sample if sample else f'{files.sample} or {files.load}'}"
            )
        url = resolve_dsn(dsn)
        added = {"sample": load_sample(url, files)} if has_sample else {}
        if has_steps and not sample:
            added |= load_with_progress(url, files, scale)
    if as_json:
        print_json([{"step": name, "rows": rows} for name, rows in added.items()])
        return
    for name, rows in added.items():
        if rows:
            say(f"{name}: {rows:,} rows added")
    if not any(added.values()):
        say("nothing new: all of it was there")
