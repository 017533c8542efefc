"""Two runs compared: which queries became slower beyond noise, and whose plans changed.

Said of a query and a scale factor that both runs have. A query is slower when two things hold:

* its rounds are: the one-sided Mann-Whitney U test on the medians of the rounds gives p < 0.05,
  corrected by Holm's method for the number of queries that are tested;
* by enough: the median of those medians is at least `least` times what it was.

Each is asked twice, of the times themselves and of the times divided by the floor of the same
round, which is what `SELECT 1` took; both times the answer has to be yes. So neither a slower
machine nor a slower floor makes a query slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.bench.plans import differences
from pgrepo.bench.statistics import greater, holm, median, smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.bench.results import Measured, Results, ScaleRun

CHANCE = 0.05
"""How likely it may be that a comparison calls anything slower that is not."""
LEAST = 1.15
"""How many times slower a query must be to be called so, without another word."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a query did against the baseline.

    Attributes:
        domain: the domain's name.
        scale: the scale factor.
        before: what the baseline has.
        after: what was measured now.
        ratio: its time now divided by its time then, the smaller one of two: as measured, and
            as multiples of the floor. For a query that became faster, the larger one.
        p: the corrected probability of such a difference by chance.
        verdict: "slower", "faster" or "same".
        plans: what changed in its plan, a sentence each.
    """

    domain: str
    scale: float | None
    before: Measured
    after: Measured
    ratio: float
    p: float
    verdict: str
    plans: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Such as "shop.recent_orders"."""
        return f"{self.domain}.{self.after.name}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, and what could not be compared.

    Attributes:
        changes: one for each query and scale that both runs have.
        added: labels of what only this run has.
        removed: labels of what only the baseline has.
        floor: how many times slower `SELECT 1` was than in the baseline, by the median.
        notes: what a reader should know.
    """

    changes: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    floor: float
    notes: tuple[str, ...]

    @property
    def slower(self) -> tuple[Change, ...]:
        """What became slower, the worst first."""
        found = (change for change in self.changes if change.verdict == "slower")
        return tuple(sorted(found, key=lambda change: -change.ratio))

    @property
    def faster(self) -> tuple[Change, ...]:
        """What became faster, the best first."""
        found = (change for change in self.changes if change.verdict == "faster")
        return tuple(sorted(found, key=lambda change: change.ratio))

    @property
    def replanned(self) -> tuple[Change, ...]:
        """What has another plan."""
        return tuple(change for change in self.changes if change.plans)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A query at a scale in both runs."""

    key: str
    domain: str
    scale: float | None
    before: Measured
    after: Measured

    def sides(self) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
        """The rounds then and now: as measured, and as multiples of the floor."""
        yield self.before.rounds, self.after.rounds
        if self.before.floor and self.after.floor:
            yield _relative(self.before), _relative(self.after)


def compare(baseline: Results, now: Results, least: float = LEAST) -> Comparison:
    """Compares a run with an earlier one.

    Args:
        baseline: the earlier one.
        now: this one.
        least: how many times slower, or faster, a query must be to be called so; above 1.
    """
    pairs, added, removed = _paired(baseline, now)
    slower = holm({p.key: max(greater(a, b) for b, a in p.sides()) for p in pairs})
    faster = holm({p.key: max(greater(b, a) for b, a in p.sides()) for p in pairs})
    changes = [_change(pair, slower[pair.key], faster[pair.key], least) for pair in pairs]
    return Comparison(
        changes=tuple(changes),
        added=tuple(added),
        removed=tuple(removed),
        floor=_floor(pairs),
        notes=tuple(_notes(baseline, now, pairs)),
    )


def _paired(baseline: Results, now: Results) -> tuple[list[_Pair], list[str], list[str]]:
    then = {_key(d.name, s, q): q for d, s, q in baseline.queries()}
    pairs, added = [], []
    for domain, scale, query in now.queries():
        key = _key(domain.name, scale, query)
        if (found := then.pop(key, None)) is None:
            added.append(key)
        else:
            pairs.append(_Pair(key, domain.name, scale.scale, found, query))
    return pairs, added, list(then)


def _key(domain: str, scale: ScaleRun, query: Measured) -> str:
    where = "" if scale.scale is None else f" at scale {scale.scale:g}"
    return f"{domain}.{query.name}{where}"


def _relative(query: Measured) -> list[float]:
    """The rounds as multiples of the floor of the same round."""
    return [time / (floor or 1.0) for time, floor in zip(query.rounds, query.floor, strict=False)]


def _change(pair: _Pair, slower: float, faster: float, least: float) -> Change:
    ratios = [
        median(after) / median(before)
        for before, after in pair.sides()
        if before and after and median(before) > 0
    ] or [1.0]
    verdict, ratio, p = "same", min(ratios), slower
    if slower < CHANCE and min(ratios) >= least:
        verdict = "slower"
    elif faster < CHANCE and max(ratios) <= 1 / least:
        verdict, ratio, p = "faster", max(ratios), faster
    return Change(
        domain=pair.domain,
        scale=pair.scale,
        before=pair.before,
        after=pair.after,
        ratio=ratio,
        p=p,
        verdict=verdict,
        plans=tuple(differences(pair.before.plans, pair.after.plans)),
    )


def _floor(pairs: Sequence[_Pair]) -> float:
    floors = {(p.before.floor, p.after.floor) for p in pairs if p.before.floor and p.after.floor}
    ratios = [median(new) / (median(old) or 1.0) for old, new in floors]
    return median(ratios) if ratios else 1.0


def _notes(baseline: Results, now: Results, pairs: Sequence[_Pair]) -> Iterator[str]:
    old, new = baseline.settings, now.settings
    if old.concurrency != new.concurrency:
        yield (
            f"the baseline was measured with --concurrency {old.concurrency}, this with "
            f"{new.concurrency}: times are not comparable"
        )
    if baseline.interrupted:
        yield "the baseline was interrupted: it has fewer queries, or fewer rounds"
    if baseline.server != now.server:
        yield f"the baseline is of PostgreSQL {baseline.server}, this of {now.server}"
    if not pairs:
        yield "no query was measured at the same scale in both: nothing is compared"
        return
    least = max(smallest(len(p.before.rounds), len(p.after.rounds)) for p in pairs)
    if least * len(pairs) >= CHANCE:
        yield (
            f"so few rounds cannot show that one of {len(pairs)} queries is slower: measure both "
            "with more --rounds, or fewer queries"
        )
    if any(p.before.scope != p.after.scope for p in pairs):
        names = ", ".join(p.key for p in pairs if p.before.scope != p.after.scope)
        yield f"called in another scope than the baseline's: {names}"
