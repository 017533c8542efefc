"""The cache of analysed queries: it saves work, and changes nothing."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.compiler import session as sessions
from pgrepo.compiler.cache.keys import schema_key, server_key
from pgrepo.compiler.cache.store import DIRECTORY, open_cache
from pgrepo.compiler.checks.check import check_domain
from pgrepo.compiler.compile import compile_domain, generate, open_session
from pgrepo.errors import CompilationError
from pgrepo.project import DomainFiles, load_project, shipped_domain
from pgrepo.sqlfiles.queries import read_query_directory
from tests.integration.pgtypes.project import write_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrepo.compiler.model import Query
    from pgrepo.sqlfiles.queries import NamedQuery

DDL = """\
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'What is sold.';
CREATE TYPE shop.colour AS ENUM ('red', 'blue');
CREATE TYPE shop.size AS (width integer, height integer);
CREATE TABLE shop.things (
    id integer CONSTRAINT things_pkey PRIMARY KEY,
    name text NOT NULL,
    colour shop.colour NOT NULL,
    size shop.size,
    owner_id integer CONSTRAINT things_owner_id_fkey REFERENCES shop.things (id)
);
"""
QUERIES = """\
-- All about things.

-- name: thing_by_id(id)^
-- Returns one.
SELECT id, name, colour, size, owner_id FROM shop.things WHERE id = :id;

-- name: things_of(colour, name)
-- Returns those of a colour.
SELECT
    thing.id,
    json_build_object('name', thing.name, 'size', thing.size) AS told
FROM shop.things AS thing
WHERE
    thing.colour = :colour
    AND thing.name = :name  -- @optional
ORDER BY thing.id;
"""


@pytest.fixture
def shop(tmp_path: Path) -> DomainFiles:
    """A little project."""
    root = tmp_path / "project"
    domain = DomainFiles("shop", root, root / "sql", root / "queries", root / "shop")
    domain.sql.mkdir(parents=True)
    domain.queries.mkdir()
    (domain.sql / "V001__things.sql").write_text(DDL)
    (domain.queries / "things.sql").write_text(QUERIES)
    return domain


@pytest.fixture
def no_server_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets a test forbid scratch databases from some moment on."""

    def refuse(*_: object) -> None:
        pytest.fail("a scratch database was made")

    def forbid() -> None:
        monkeypatch.setattr(sessions, "scratch_database", refuse)

    return forbid


def edit(path: Path, old: str, new: str) -> None:
    """Replaces a text that is there once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def cache_files(domain: DomainFiles) -> list[Path]:
    return sorted((domain.root / DIRECTORY).glob("*.json"))


def compiled_thrice(domain: DomainFiles, server: str) -> list[Mapping[str, str]]:
    """What comes out without a cache, while it is made, and out of it."""
    return [compile_domain(domain, server, cached=cached) for cached in (False, True, True)]


def test_monumento(server_url: str, tmp_path: Path, no_server_work: Callable[[], None]) -> None:
    """The shipped domain is the same with and without, byte for byte, and needs no database."""
    shipped = shipped_domain("monumento")
    for name, path in (("sql", shipped.sql), ("queries", shipped.queries)):
        shutil.copytree(path, tmp_path / name / "monumento")
    domain = DomainFiles(
        "monumento", tmp_path, tmp_path / "sql/monumento", tmp_path / "queries/monumento",
        tmp_path / "monumento", shipped.hot,
    )  # fmt: skip
    without, first, second = compiled_thrice(domain, server_url)
    assert without == first == second
    no_server_work()
    assert compile_domain(domain, server_url, cached=True) == without


def test_synthetic_project(server_url: str, tmp_path: Path) -> None:
    """So is the large project that the benchmark measures, here with a tenth of its queries."""
    path = Path(__file__).parents[3] / "benchmarks" / "large_project.py"
    spec = importlib.util.spec_from_file_location("large_project", path)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    benchmark.write_project(tmp_path, 4)
    [domain] = load_project(tmp_path / "pyproject.toml").domains
    without, first, second = compiled_thrice(domain, server_url)
    assert without == first == second
    reports = [check_domain(domain, server_url, cached=cached) for cached in (False, True, True)]
    assert reports[0].errors
    told = [[str(error) for error in report.errors] for report in reports]
    assert told[0] == told[1] == told[2]


def test_every_type(server_url: str, tmp_path: Path) -> None:
    """So are queries over every type there is, enums, composites, domains and ranges among them."""
    domain = write_project(tmp_path, server_url).domain
    without, first, second = compiled_thrice(domain, server_url)
    assert without == first == second


def asked_about(domain: DomainFiles, server: str) -> list[str]:
    """The queries that PostgreSQL is asked about, where the cache knows the others."""
    asked: list[str] = []
    with open_session(domain, server, cached=True) as session:
        real = session.tools.analyser.analyse

        def note(query: NamedQuery) -> Query:
            asked.append(query.name)
            return real(query)

        session.tools.analyser.analyse = note  # type: ignore[method-assign]
        for file in read_query_directory(domain.queries, domain.root):
            for query in file.queries:
                assert session.analyse(query).source is query
    return asked


def test_one_query_changed(shop: DomainFiles, server_url: str) -> None:
    """Only what changed is asked about, wherever the rest of the file has moved to."""
    assert asked_about(shop, server_url) == ["thing_by_id", "things_of"]
    assert asked_about(shop, server_url) == []
    file = shop.queries / "things.sql"
    for old, new, asked in (
        ("'size', thing.size", "'extent', thing.size", ["things_of"]),
        ("-- Returns one.\n", "-- Returns one.\n-- In two lines.\n", ["thing_by_id"]),
        ("-- All about things.\n", "-- All about\n-- many things.\n", []),
        ("-- Returns those of a colour.\n", "-- @param name: str\n", ["things_of"]),
        ("things_of(colour, name)", "things_of(name, colour)", ["things_of"]),
        ("thing_by_id(id)^", "thing_by_id(id)", ["thing_by_id"]),
    ):
        edit(file, old, new)
        assert asked_about(shop, server_url) == asked, new
        assert compile_domain(shop, server_url, cached=True) == compile_domain(shop, server_url)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name text NOT NULL", "name text"),
        ("'red', 'blue'", "'red', 'blue', 'green'"),
        ("width integer", "width bigint"),
    ],
)
def test_schema_changed(shop: DomainFiles, server_url: str, old: str, new: str) -> None:
    """Whatever changes in the DDL, everything is asked anew."""
    before = compile_domain(shop, server_url, cached=True)
    edit(shop.sql / "V001__things.sql", old, new)
    after = compile_domain(shop, server_url, cached=True)
    assert before != after == compile_domain(shop, server_url)


def test_ddl_file_added(shop: DomainFiles, server_url: str) -> None:
    """So it is with a further file, and with what runs after every migration."""
    before = compile_domain(shop, server_url, cached=True)
    (shop.sql / "V002__comment.sql").write_text("COMMENT ON COLUMN shop.things.name IS 'Its.';")
    second = compile_domain(shop, server_url, cached=True)
    assert before != second == compile_domain(shop, server_url)
    (shop.sql / "afterMigrate.sql").write_text("COMMENT ON COLUMN shop.things.name IS 'Ours.';")
    third = compile_domain(shop, server_url, cached=True)
    assert second != third == compile_domain(shop, server_url)


def test_server_settings(shop: DomainFiles, server_url: str) -> None:
    """A session that starts with other settings, or as somebody else, shares nothing."""
    ours = server_key(server_url)
    assert server_key(server_url) == ours
    parted = psycopg.conninfo.make_conninfo(server_url, options="-c random_page_cost=1.5")
    assert server_key(parted) != ours
    named = psycopg.conninfo.make_conninfo(server_url, application_name="somebody")
    assert server_key(named) == ours
    assert schema_key(ours, [shop.sql]) != schema_key(ours, [shop.sql, shop.sql])


def test_mistakes_are_not_remembered(shop: DomainFiles, server_url: str) -> None:
    """A query that PostgreSQL refuses is refused again, and where it is now."""
    file = shop.queries / "things.sql"
    edit(file, "thing.name = :name", "thing.nam = :name")
    told, lines = [], []
    for _ in range(3):
        with pytest.raises(CompilationError) as caught:
            compile_domain(shop, server_url, cached=True)
        told.append(str(caught.value))
        lines.append(caught.value.errors[0].line)
        if len(told) == 2:
            edit(file, "-- All about things.\n", "-- All about\n-- things.\n")
    assert told[0] == told[1]
    assert lines == [lines[0], lines[0], lines[0] + 1]


def test_broken_ddl(shop: DomainFiles, server_url: str) -> None:
    """A DDL file that PostgreSQL refuses is refused, whatever was known of the queries."""
    compile_domain(shop, server_url, cached=True)
    edit(shop.sql / "V001__things.sql", "owner_id integer", "owner_id integr")
    for _ in range(2):
        with pytest.raises(CompilationError, match="integr"):
            compile_domain(shop, server_url, cached=True)


def forged(data: bytes) -> bytes:
    """A file with the right checksum, in which queries are not what they should be."""
    content = json.loads(data.split(b"\n", 1)[1])
    content["queries"] = dict.fromkeys(content["queries"], ())
    text = json.dumps(content).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "nonsense", "forged", "directory"])
def test_damaged_file(shop: DomainFiles, server_url: str, damage: str) -> None:
    """A file that is not what was written says nothing, and is written anew."""
    right = compile_domain(shop, server_url, cached=True)
    [path] = cache_files(shop)
    data = path.read_bytes()
    if damage == "directory":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": data[: len(data) // 2],
                "flipped": data.replace(b'"name"', b'"nama"', 1),
                "nonsense": b"\x80\x04K\x2a.",
                "forged": forged(data),
            }[damage]
        )
    assert compile_domain(shop, server_url, cached=True) == right
    if damage != "directory":
        assert path.read_bytes() == data


def test_directory_that_cannot_be_written(shop: DomainFiles, server_url: str) -> None:
    """Then there is no cache, and nothing else is different."""
    (shop.root / DIRECTORY).write_text("in the way")
    without, first, second = compiled_thrice(shop, server_url)
    assert without == first == second


def test_nobody_commits_it(shop: DomainFiles, server_url: str) -> None:
    """The directory ignores itself."""
    subprocess.run(["git", "init", "--quiet"], cwd=shop.root, check=True)
    compile_domain(shop, server_url, cached=True)
    assert cache_files(shop)
    told = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=shop.root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert DIRECTORY not in told
    assert "things.sql" in told


def test_check_finds_the_same(
    shop: DomainFiles, server_url: str, no_server_work: Callable[[], None]
) -> None:
    """Findings come out of the cache as they went in; the generated code is compared every time."""
    generate(shop, server_url)
    without = check_domain(shop, server_url)
    assert [error.code for error in without.errors] == ["PGR601"]  # owner_id has no index
    check_domain(shop, server_url, cached=True)
    no_server_work()
    again = check_domain(shop, server_url, cached=True)
    assert [str(error) for error in again.errors] == [str(error) for error in without.errors]
    assert shop.output is not None
    edit(shop.output / "things.py", "Edit the SQL and run", "Edit it and run")
    drifted = check_domain(shop, server_url, cached=True)
    assert sorted(error.code for error in drifted.errors) == ["PGR301", "PGR601"]


def test_check_looks_again(shop: DomainFiles, server_url: str) -> None:
    """A finding that an edit makes is found, and one that it mends is gone."""
    check_domain(shop, server_url, cached=True)
    edit(shop.queries / "things.sql", "thing_by_id(id)^", "thing_by_id(id)")
    codes = [error.code for error in check_domain(shop, server_url, cached=True).errors]
    assert codes.count("PGR502") == 1
    (shop.sql / "V002__index.sql").write_text(
        "CREATE INDEX things_owner_id_idx ON shop.things (owner_id);"
    )
    codes = [error.code for error in check_domain(shop, server_url, cached=True).errors]
    assert "PGR601" not in codes
    assert codes.count("PGR502") == 1


def test_runs_at_the_same_time(shop: DomainFiles, server_url: str) -> None:
    """Several processes write one file: each comes to the right result, and the file is whole."""
    right = compile_domain(shop, server_url)
    program = (
        "import sys; from pathlib import Path; from pgrepo.project import DomainFiles; "
        "from pgrepo.compiler.compile import compile_domain; root = Path(sys.argv[1]); "
        "domain = DomainFiles('shop', root, root / 'sql', root / 'queries', root / 'shop'); "
        "[sys.stdout.write(compile_domain(domain, sys.argv[2], cached=True)['things.py']) "
        "for _ in range(3)]"
    )

    def run(_: int) -> str:
        command = [sys.executable, "-c", program, str(shop.root), server_url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    with ThreadPoolExecutor(3) as pool:
        for told in pool.map(run, range(3)):
            assert told == right["things.py"] * 3
    cache = open_cache(shop.root, server_url, [shop.sql])
    [read] = read_query_directory(shop.queries, shop.root)
    assert all(cache.query(query) is not None for query in read.queries)
    assert not list((shop.root / DIRECTORY).glob("*.tmp"))
