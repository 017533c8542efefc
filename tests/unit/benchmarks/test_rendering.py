"""The summary's table, the page docs/benchmarks.md and its charts."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import summary
from rendering import charts, page, tables
from results import Results, Target, Work

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"
ABOUT = {
    "date": "2026-01-02",
    "postgresql": "18.4",
    "python": "3.11.7",
    "processor": "Some CPU",
    "cores": 2,
    "rounds": 40,
}


def point_reads() -> Results:
    """A peer that is beaten as much as it should be, and one that is not."""
    work = Work("point read, sync", "µs a call", {"pgrepo": 20.0, "psycopg": 50.0, "floor": 5.0})
    work.aim("pgrepo", {"psycopg": 0.55, "floor": 2.0})
    return Results("point_reads", ABOUT, [work], {"packages": {"psycopg": "3.3.9"}})


def feeds() -> Results:
    """A query whose cost grows."""
    work = Work("feed", "µs a call", {"1x": 10.0, "10x": 11.0, "100x": 17.0})
    work.targets.append(Target("its time at 1x", 1.7, at_most=1.5))
    return Results("storyverse_feeds", ABOUT | {"date": "2026-01-03"}, [work])


@pytest.fixture
def found() -> dict[str, Results]:
    """What two benchmarks have found."""
    return {results.benchmark: results for results in (point_reads(), feeds())}


def bars(picture: str) -> dict[str, float]:
    """The widths of a chart's bars, by class, the widest of each."""
    widths: dict[str, float] = {}
    for rectangle in ET.fromstring(picture).iter(f"{SVG}rect"):  # noqa: S314 - made here
        kind = rectangle.attrib["class"]
        widths[kind] = max(widths.get(kind, 0), float(rectangle.attrib["width"]))
    return widths


def test_bars_are_as_long_as_the_medians() -> None:
    """The largest median takes all the room, and pgrepo's bar stands out."""
    [work] = point_reads().works
    widths = bars(charts.chart(work))
    assert widths["bar"] == widths["track"] == charts.WIDTH - 2 * charts.MARGIN
    assert widths["ours"] == pytest.approx(widths["track"] * 20 / 50, abs=0.1)


def test_the_best_stands_on_top() -> None:
    """That is the smallest time, and the largest rate."""
    [work] = point_reads().works
    assert [name for name, _ in charts.ranked(work)] == ["floor", "pgrepo", "psycopg"]
    work.more_is_better = True
    assert [name for name, _ in charts.ranked(work)] == ["psycopg", "pgrepo", "floor"]
    assert "more is better" in charts.chart(work)


def test_a_chart_is_a_picture_whatever_the_names_are() -> None:
    """Names are text, not markup; somebody who does not see it is told all the same."""
    work = Work("a < b", "µs & more", {"<script>": 1.0, 'pgrepo, "x"': 2.0})
    root = ET.fromstring(charts.chart(work))  # noqa: S314 - made here
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert "<script>" in texts
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == charts.words(work)
    assert root.attrib["role"] == "img"


def test_a_chart_has_two_colour_schemes_and_scales() -> None:
    """It fits a dark page and a narrow screen."""
    [work] = point_reads().works
    picture = charts.chart(work)
    assert "prefers-color-scheme: dark" in picture
    assert f'viewBox="0 0 {charts.WIDTH} ' in picture


def test_a_chart_of_nothing() -> None:
    """No time at all is no reason to divide by it."""
    assert "pgrepo" in charts.chart(Work("read", "s", {"pgrepo": 0.0}))


def test_every_target_has_a_row(found: dict[str, Results]) -> None:
    """Met, missed, or not measured."""
    rows = {(row.work, row.wanted): row.verdict for row in tables.rows(found, tables.MAIN)}
    assert rows["point read, sync", "≤ 0.55 \u00d7 psycopg"] == "met"
    assert rows["point read, sync", "≤ 2 \u00d7 floor"] == "missed"
    assert rows["insert 100,000 rows", ""] == "not measured"
    assert len(rows) == len(tables.MAIN) + 1


def test_the_table_in_the_terminal_is_aligned(found: dict[str, Results]) -> None:
    """All verdicts begin in one column."""
    lines = tables.text(tables.rows(found, ["point_reads"])).splitlines()
    assert lines[0].split() == ["work", "target", "measured"]
    assert lines[1].index("met") == lines[2].index("missed")


def test_the_page_shows_targets_charts_growth_and_versions(found: dict[str, Results]) -> None:
    """What was missed is set in bold."""
    text = page.page(found)
    assert "2026-01-03: Some CPU, PostgreSQL 18.4, Python 3.11.7." in text
    assert "| point read, sync | ≤ 0.55 \u00d7 psycopg | 0.40 \u00d7 | met |" in text
    assert "| point read, sync | ≤ 2 \u00d7 floor | 4.00 \u00d7 | **missed** |" in text
    assert "| feed | 10.0 µs | 11.0 µs | 17.0 µs | 1.70 \u00d7, **missed** |" in text
    assert "Versions: psycopg 3.3.9." in text


def test_rendering_writes_what_the_page_shows(tmp_path: Path, found: dict[str, Results]) -> None:
    """Charts that the page shows no more are gone."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "old.svg").touch()
    summary.render(found, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\((benchmarks/[^)]+)\)", text)
    there = sorted(file.name for file in (tmp_path / "benchmarks").iterdir())
    assert shown == [f"benchmarks/{name}" for name in there] == ["benchmarks/point-read-sync.svg"]


def test_make_bench_runs_every_benchmark() -> None:
    """A script with a main program is in the Makefile's list, or it is the summary."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^BENCHMARKS := ((?:.*\\\n)*.*)", makefile, re.MULTILINE)
    assert found is not None
    run = set(found[1].replace("\\", " ").split())
    scripts = {
        file.stem
        for file in (ROOT / "benchmarks").glob("*.py")
        if '__name__ == "__main__"' in file.read_text(encoding="utf-8")
    }
    assert run == scripts - {"summary"}
