"""`pgrepo bench`, and the same from Python, for a notebook or a test of one's own.

    from pgrepo import bench
    from pgrepo.project import select_domains

    options = bench.Options(scales=(0.1, 1.0), selection=bench.Selection(("recent_*",)))
    results = bench.run(select_domains(["shop"]), "postgresql://localhost", options)
    for domain, scale, query in results.queries():
        print(scale.scale, query.name, query.latency.p50, bench.growth_of(domain, query.name))
    bench.write_page(results, None, Path("report.html"))

The package reads as: `run` (what is measured, in which order), `database` (where), `drawing` and
`values` (with which parameters), `calls` and `trial` (through what), `measure` (how long),
`explain` and `plans` (why), `results` (the file), `growth` and `compare` (what it means), `report`
(the page). The pure ones of these know no database: `statistics`, `growth`, `compare`, `plans`,
`results`, `report`.
"""

from pgrepo.bench.compare import Change, Comparison, compare
from pgrepo.bench.growth import Growth, growth_of
from pgrepo.bench.report.page import write_page
from pgrepo.bench.results import Measured, Results, Settings, read_results, write_results
from pgrepo.bench.run import Options, Watcher, run
from pgrepo.bench.select import Selection

__all__ = [
    "Change",
    "Comparison",
    "Growth",
    "Measured",
    "Options",
    "Results",
    "Selection",
    "Settings",
    "Watcher",
    "compare",
    "growth_of",
    "read_results",
    "run",
    "write_page",
    "write_results",
]
