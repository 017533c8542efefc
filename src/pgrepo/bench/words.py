"""Numbers in words: times, sizes and counts as people read them."""

from __future__ import annotations


def duration(microseconds: float) -> str:
    """A time with three significant digits: "87.4 µs", "1.20 ms", "3.05 s"."""
    for unit, size in (("s", 1_000_000.0), ("ms", 1_000.0)):
        if microseconds >= size * 0.9995:
            return f"{_three(microseconds / size)} {unit}"
    return f"{_three(microseconds)} µs"


def round_duration(microseconds: float) -> str:
    """The same of a round time, without the zeros: "50 µs", "0.2 µs"."""
    number, unit = duration(microseconds).split(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def _three(value: float) -> str:
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f}"


def size(count: int) -> str:
    """A number of bytes: "812 kB", "1.4 GB"."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


def amount(value: float) -> str:
    """A count that may be an average: "10", "3.4", "12,345"."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def per_second(rate: float) -> str:
    """A rate: "8,210", "3.4"."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
