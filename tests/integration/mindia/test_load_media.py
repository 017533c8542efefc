"""Sample and synthetic data of tenants, users and media."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

MEDIA = ("images", "videos", "audios", "documents")
TABLES = ("tenants", "users", *MEDIA)


def counts(observer: psycopg.Connection[Any]) -> dict[str, int]:
    """The number of rows of each table."""
    found: dict[str, int] = {}
    for table in TABLES:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("mindia", table))
        row = observer.execute(query).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def run(observer: psycopg.Connection[Any], directory: Path, scale: str) -> None:
    """The files of these tables, as the loader would run them."""
    for name, value in {"scale": scale, "parts": "1", "part": "1"}.items():
        observer.execute("SELECT set_config('pgrepo.' || %s, %s, false)", [name, value])
    files = sorted(directory.glob("0[1-3]_*.sql"))
    assert len(files) >= 3
    for file in files:
        observer.execute(file.read_bytes())


def test_both_can_be_repeated(observer: psycopg.Connection[Any]) -> None:
    """One beside the other; what is there already is left alone, and a larger scale adds."""
    domain = shipped_domain("mindia")
    run(observer, domain.sample, "0")
    sample = counts(observer)
    assert [table for table, rows in sample.items() if not rows] == []
    run(observer, domain.sample, "0")
    assert counts(observer) == sample
    run(observer, domain.load, "0.001")
    loaded = counts(observer)
    assert loaded["tenants"] == sample["tenants"] + 50
    assert loaded["users"] == sample["users"] + 1000
    assert {table: loaded[table] - sample[table] for table in MEDIA} == {
        "images": 60,
        "videos": 10,
        "audios": 10,
        "documents": 20,
    }
    run(observer, domain.load, "0.001")
    assert counts(observer) == loaded
    run(observer, domain.load, "0.002")
    assert sum(counts(observer)[table] - loaded[table] for table in MEDIA) == 100


def test_tenants_differ_in_size(observer: psycopg.Connection[Any]) -> None:
    """The first has a seventh of everything, the fiftieth one in a thousand; none has nothing."""
    run(observer, shipped_domain("mindia").load, "0.1")
    rows = observer.execute(
        "SELECT regexp_replace(name, '.* ', '')::integer, count(image.id)"
        " FROM mindia.tenants AS tenant"
        " LEFT JOIN mindia.images AS image ON image.tenant_id = tenant.id GROUP BY 1"
    ).fetchall()
    sizes = dict(rows)
    assert sum(sizes.values()) == 6000
    assert 780 <= sizes[1] <= 930
    assert sizes[50] == 6
    assert min(sizes.values()) == 6
