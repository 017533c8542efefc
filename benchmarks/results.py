"""What a benchmark has found, in one form for all of them, and as JSON in a file.

A benchmark does one or more works. Of a work there are contestants, each with the median of its
times, and targets, each with what was measured: mostly a ratio of two medians of the same run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FORMAT = 1
"""Of the files. Others are not read."""
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a work should reach, and what it has reached.

    Attributes:
        beside: what stands after the limit: the contestant whose time is multiplied, or words.
        measured: a ratio, or a figure in the unit.
        at_most: the limit from above; None where it is one from below.
        at_least: the limit from below; None where it is one from above.
        unit: of the limit and what was measured; the sign for times for ratios.
    """

    beside: str
    measured: float
    at_most: float | None = None
    at_least: float | None = None
    unit: str = TIMES

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        return self.at_least is None or self.measured >= self.at_least

    @property
    def wanted(self) -> str:
        """The limit in words."""
        sign, limit = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return " ".join(filter(None, (f"{sign} {limit:g}", self.unit, self.beside)))

    @property
    def reached(self) -> str:
        """What was measured, with three digits that count."""
        return f"{shown(self.measured)} {self.unit}".rstrip()


@dataclass(slots=True)
class Work:
    """Something that all contestants do.

    Attributes:
        name: what it is, such as "point read, sync".
        unit: of the medians, such as "µs a call".
        medians: of each contestant, in the order in which they are shown.
        targets: what is wanted of the first contestant, or of the differences between them.
        more_is_better: whether the medians are rates.
    """

    name: str
    unit: str
    medians: Mapping[str, float]
    targets: list[Target] = field(default_factory=list)
    more_is_better: bool = False

    def aim(self, ours: str, limits: Mapping[str, float]) -> None:
        """Adds the targets of one contestant: at most so many times what others take.

        Others that did not take part are passed over.
        """
        for other, at_most in limits.items():
            if other in self.medians:
                ratio = self.medians[ours] / self.medians[other]
                self.targets.append(Target(other, ratio, at_most=at_most))

    def table(self) -> str:
        """The work as text: a line for each contestant and each target."""
        width = max(map(len, self.medians), default=0)
        first = next(iter(self.medians.values()), 0)
        lines = [f"{self.name} ({self.unit})"]
        for name, median in self.medians.items():
            ratio = f"{first / median:>8.2f}" if median else ""
            lines.append(f"  {name:<{width}} {shown(median):>10}{ratio}")
        for target in self.targets:
            verdict = "met" if target.met else "MISSED"
            lines.append(f"  target {target.wanted}: {target.reached}, {verdict}")
        return "\n".join(lines)


@dataclass(slots=True)
class Results:
    """What one run of a benchmark has found.

    Attributes:
        benchmark: the name of its file, without the ending.
        about: where the figures come from: versions, processor, date, rounds.
        works: what was measured.
        details: what else the benchmark tells, in a form of its own.
    """

    benchmark: str
    about: dict[str, Any]
    works: list[Work]
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether all targets are reached."""
        return all(target.met for work in self.works for target in work.targets)


def write(file: Path, results: Results) -> None:
    """Writes what was found."""
    works = [
        asdict(work)
        | {"targets": [asdict(target) | {"met": target.met} for target in work.targets]}
        for work in results.works
    ]
    document = {
        "format": FORMAT,
        "benchmark": results.benchmark,
        "about": results.about,
        "met": results.met,
        "works": works,
        "details": results.details,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path) -> Results:
    """Reads what was found.

    Raises:
        ValueError: the file is none of these, or is of another version.
    """
    document = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{file.name} is not of format {FORMAT}: run its benchmark again")
    return Results(
        document["benchmark"],
        document["about"],
        [_work(work) for work in document["works"]],
        document["details"],
    )


def read_all(directory: Path) -> dict[str, Results]:
    """Reads all files of a directory, by the names of the benchmarks."""
    found = (read(file) for file in sorted(directory.glob("*.json")))
    return {results.benchmark: results for results in found}


def _work(found: dict[str, Any]) -> Work:
    targets: Sequence[dict[str, Any]] = found["targets"]
    kept = [
        Target(**{name: value for name, value in target.items() if name != "met"})
        for target in targets
    ]
    return Work(**(found | {"targets": kept}))


def shown(number: float) -> str:
    """A number with three digits that count, and no exponent."""
    size = abs(number)
    if size >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if size >= 9.995 else f"{number:.2f}"
