"""What `pip install pgrepo` brings: each distribution with its size and what it needs.

    python tools/install_size.py

Measured on what is installed where this runs, without compiled bytecode; for
docs/reference/versions.md.
"""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def needs(name: str, extra: str = "") -> list[str]:
    """The distributions that one needs here, directly; with an extra, what that adds."""
    found: list[str] = []
    for requirement in map(Requirement, distribution(name).requires or ()):
        marker = requirement.marker
        asked = marker is None or marker.evaluate({"extra": extra})
        is_of_extra = marker is not None and "extra" in str(marker)
        if not asked or is_of_extra != bool(extra):
            continue
        found.append(requirement.name)
        for inner in sorted(requirement.extras):  # psycopg[binary] is psycopg, and some more
            found += needs(requirement.name, inner)
    return list(dict.fromkeys(found))


def closure(name: str) -> dict[str, float]:
    """A distribution and all that it needs, with their sizes in MB."""
    sizes: dict[str, float] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in sizes:
            sizes[current] = size(current)
            waiting += needs(current)
    return dict(sorted(sizes.items()))


def size(name: str) -> float:
    """How large it is once installed, in MB."""
    if name == "pgrepo":  # installed from the checkout, or not at all
        places = (ROOT / "src/pgrepo", ROOT / "sql", ROOT / "queries")
        paths = [path for place in places for path in place.rglob("*") if path.is_file()]
    else:
        paths = _files(distribution(name))
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc") / 1e6


def _files(found: Distribution) -> list[Path]:
    located = (Path(str(file.locate())) for file in found.files or ())
    return [path for path in located if path.is_file()]


def main() -> None:
    """Prints a table in Markdown."""
    sizes = closure("pgrepo")
    print("| distribution | MB | needs |\n|---|---|---|")
    for name, megabytes in sizes.items():
        print(f"| {name} | {megabytes:.1f} | {', '.join(needs(name))} |")
    print(f"| together | {sum(sizes.values()):.0f} |  |")


if __name__ == "__main__":
    main()
