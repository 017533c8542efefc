"""The results of a benchmark, and the JSON file that holds them.

Times are microseconds, sizes bytes. Nothing in it is a value of a parameter: what `--explain`
stores has its constants replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from pgrepo.bench.statistics import percentile
from pgrepo.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORMAT = "pgrepo-bench"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Access:
    """How a plan reaches a table.

    Attributes:
        how: the node's kind, such as "Index Scan".
        table: the table's name; a partition's is that of what it is a part of.
        index: the index's name, likewise; None where none is read.
    """

    how: str
    table: str
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that some of the explained calls had.

    Attributes:
        shape: a digest in words, the same wherever the plan is.
        accesses: how it reaches its tables.
        calls: how many of the explained calls had it.
        explained: what EXPLAIN printed as JSON, with `--explain`; its constants are left out.
    """

    shape: str
    accesses: tuple[Access, ...]
    calls: int
    explained: Any = None


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of the calls' times, µs."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Buffers:
    """Blocks of shared memory (8 KiB each), the median of the explained calls.

    Attributes:
        hit: found in memory.
        read: asked of the operating system.
    """

    hit: float
    read: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.hit + self.read


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a query at one scale.

    Attributes:
        name: the query's name.
        file: the query file, relative to the project.
        scope: the scope that it was called in; None for none.
        writes: whether each call was a transaction that was rolled back.
        calls: how many calls were timed.
        rate: calls a second, of all threads together, while it was this query's turn.
        rows: how many rows a call returns or affects, on average.
        empty: the share of the drawn parameters for which nothing came back.
        latency: over the samples.
        rounds: the median of each round, µs.
        samples: single calls, µs, in rising order: all, or as many as are kept, by chance.
        floor: of `SELECT 1` the median of each round, µs: how fast machine and connection were.
        buffers: None where nothing could be explained.
        plans: the most frequent first.
        notes: what a reader should know.
    """

    name: str
    file: str
    scope: str | None
    writes: bool
    calls: int
    rate: float
    rows: float
    empty: float
    latency: Latency
    rounds: tuple[float, ...]
    samples: tuple[float, ...]
    floor: tuple[float, ...] = ()
    buffers: Buffers | None = None
    plans: tuple[Plan, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> str:
        """The digest of the most frequent plan."""
        return self.plans[0].shape if self.plans else ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A query that was not measured: why, and what to do about it."""

    name: str
    reason: str
    help: str


@dataclass(frozen=True, slots=True)
class ScaleRun:
    """All that was measured of a domain at one scale.

    Attributes:
        scale: the scale factor; None for data that was there.
        rows: how many rows were loaded; None where none were.
        size: of the database, bytes.
        queries: what was measured.
        skipped: what was not.
    """

    scale: float | None
    rows: int | None
    size: int
    queries: tuple[Measured, ...]
    skipped: tuple[Skipped, ...] = ()

    def query(self, name: str) -> Measured | None:
        """A query by name."""
        return next((query for query in self.queries if query.name == name), None)


@dataclass(frozen=True, slots=True)
class DomainRun:
    """All that was measured of a domain, the smallest scale first."""

    name: str
    scales: tuple[ScaleRun, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How it was measured: what two runs must share to be compared.

    Attributes:
        concurrency: how many threads make calls.
        seconds: for how long each query is called.
        rounds: in how many turns.
    """

    concurrency: int = 1
    seconds: float = 1.0
    rounds: int = 10


@dataclass(frozen=True, slots=True)
class Results:
    """A run of `pgrepo bench`.

    Attributes:
        made: when it began, as ISO 8601.
        pgrepo: the version of pgrepo.
        python: the version of Python.
        server: the version of PostgreSQL.
        settings: how it was measured.
        domains: what was measured.
        interrupted: Ctrl-C ended it early.
    """

    made: str
    pgrepo: str
    python: str
    server: str
    settings: Settings
    domains: tuple[DomainRun, ...]
    format: str = FORMAT
    version: int = VERSION
    interrupted: bool = False

    def queries(self) -> Iterator[tuple[DomainRun, ScaleRun, Measured]]:
        """Everything that was measured, with where it belongs."""
        for domain in self.domains:
            for scale in domain.scales:
                for query in scale.queries:
                    yield domain, scale, query


def latency_of(ordered: Sequence[float]) -> Latency:
    """Percentiles of at least one time, in rising order, µs."""
    p50, p95, p99 = (round(percentile(ordered, share), 1) for share in (0.5, 0.95, 0.99))
    return Latency(p50, p95, p99)


# The file ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """The part of a file that says what it is."""

    format: str = ""
    version: int = 0


def write_results(results: Results, path: Path) -> None:
    """Writes results as JSON, for `read_results`.

    Args:
        results: what was measured.
        path: the file.

    Raises:
        ProjectError: it cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.encode(results) + b"\n")
    except OSError as error:
        raise ProjectError(f"{path}: it cannot be written: {error.strerror}") from error


def read_results(path: Path) -> Results:
    """Reads a file that `write_results` wrote.

    Raises:
        ProjectError: it cannot be read, or is another kind of file, or of another version.
    """
    again = "make it anew with `pgrepo bench --json`"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path}: it cannot be read: {error.strerror}; {again}") from error
    try:
        kind = msgspec.json.decode(data, type=_Kind)
        if kind.format != FORMAT:
            raise ProjectError(f"{path}: this is no file of `pgrepo bench --json`; {again}")
        if kind.version != VERSION:
            raise ProjectError(
                f"{path}: this is of version {kind.version} of the format, and this pgrepo reads "
                f"version {VERSION}; {again}"
            )
        return msgspec.json.decode(data, type=Results)
    except msgspec.MsgspecError as error:
        raise ProjectError(f"{path}: this is no file of `pgrepo bench --json`; {again}") from error
