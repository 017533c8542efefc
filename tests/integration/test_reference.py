"""The reference pages: complete, and every example of an error does raise that error."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.main import get_command

import pgrepo
from pgrepo import errors
from pgrepo.cli.main import build_app
from pgrepo.compiler.checks.check import check_domain
from pgrepo.compiler.compile import compile_domain
from pgrepo.errors import CompilationError, PgrepoError
from pgrepo.operate.load import load
from pgrepo.operate.migrate import migrate
from pgrepo.project import DomainFiles
from pgrepo.sqlfiles.queries import read_query_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
_CODE = re.compile(r"PGR\d{3}")
_DEFINITION = re.compile(r"^\*\*(PGR\d{3})\*\* \S", re.MULTILINE)
_BLOCKS = re.MULTILINE | re.DOTALL
_EXAMPLE = re.compile(r'^```sql title="([^"]+)"\n(.*?)^```$', _BLOCKS)
_COMMAND = re.compile(r"^##+ `(pgrepo[^`]*)`\n(.*?)(?=^##|\Z)", _BLOCKS)
# What `check` alone finds, and what of it needs a server that can be told statistics.
_BY_CHECK = re.compile("PGR143|PGR[56]")
_BY_PLANS = {"PGR511", "PGR512", "PGR603"}
# A defect of pgrepo's own, and what needs generated code: it is tested where `check` is.
_WITHOUT_EXAMPLE = {"PGR299", "PGR301"}


def page(name: str) -> str:
    """The text of a reference page."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def examples() -> dict[str, dict[str, str]]:
    """The files of each code's example; the schema is the first DDL file of most."""
    (_, schema), *rest = _EXAMPLE.findall(page("check-codes.md"))
    files: dict[str, dict[str, str]] = defaultdict(lambda: {"sql/V001__schema.sql": schema})
    files["PGR141"] = {}
    for title, text in rest:
        code, _, name = title.partition(" ")
        files[code][f"sql/{name}" if name else "queries/orders.sql"] = text
    return files


def test_every_code_is_on_the_page() -> None:
    """The codes in the source and those on the page are the same, each once."""
    sources = (ROOT / "src" / "pgrepo").rglob("*.py")
    in_source = {code for path in sources for code in _CODE.findall(path.read_text("utf-8"))}
    on_page = _DEFINITION.findall(page("check-codes.md"))
    assert set(on_page) == in_source
    assert len(on_page) == len(set(on_page))
    assert examples().keys() == in_source - _WITHOUT_EXAMPLE


def write(files: dict[str, str], root: Path) -> DomainFiles:
    """Writes the files of a domain."""
    domain = DomainFiles("shop", root, root / "sql", root / "queries", None)
    domain.queries.mkdir()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return domain


def run(domain: DomainFiles, database: str) -> None:
    """Migrates a database and fills it."""
    migrate(database, domain)
    list(load(database, domain))


def checked(domain: DomainFiles, server: str, code: str) -> Sequence[PgrepoError]:
    """What `check` finds; the tables are hot where the example is about plans."""
    with psycopg.connect(server) as connection:
        if code in _BY_PLANS and connection.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 can be told statistics")
    hot = ("orders",) if code in _BY_PLANS else ()
    return check_domain(dataclasses.replace(domain, hot=hot), server).errors


@pytest.mark.parametrize(("code", "files"), examples().items(), ids=examples())
def test_example_of_a_code(
    code: str,
    files: dict[str, str],
    server_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """An example of the page raises the code that it is an example of, and no other."""
    domain = write(files, tmp_path)
    read = read_query_directory(domain.queries, tmp_path)
    found: Sequence[PgrepoError] = [error for file in read for error in file.errors]
    if not found and _BY_CHECK.match(code):
        found = checked(domain, server_url, code)
    if not found:
        is_run = code > "PGR400"
        server = request.getfixturevalue("database_url") if is_run else server_url
        with pytest.raises(PgrepoError) as raised:
            (run if is_run else compile_domain)(domain, server)
        error = raised.value
        found = error.errors if isinstance(error, CompilationError) else [error]
    assert {_CODE.findall(str(error))[0] for error in found} == {code}


def test_examples_of_annotations(server_url: str, tmp_path: Path) -> None:
    """The queries on the page become the Python that stands below each of them."""
    text = page("annotations.md")
    [(_, schema)] = _EXAMPLE.findall(text)
    pairs = re.findall(r"^```sql\n(.*?)^```\n\n```python\n(.*?)^```$", text, _BLOCKS)
    queries = "\n".join(query for query, _ in pairs)
    domain = write({"sql/V001__schema.sql": schema, "queries/orders.sql": queries}, tmp_path)
    module = compile_domain(domain, server_url)["orders.py"]
    assert len(pairs) == len(re.findall(r"^### `@", text, _BLOCKS)) - 1  # @param has one for both
    for _, python in pairs:
        assert python in module


def test_every_exception_is_on_the_page() -> None:
    """The exceptions of pgrepo.errors, and those that the package itself offers."""
    text = page("errors.md")
    own = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, PgrepoError)
    }
    offered = {
        name
        for name in pgrepo.__all__
        if isinstance(value := getattr(pgrepo, name), type) and issubclass(value, Exception)
    }
    missing = {name for name in own | offered if f"`{name}`" not in text}
    assert not missing


def commands(command: click.Command, words: str = "pgrepo") -> dict[str, set[str]]:
    """Every command with its options, but for those that all commands have."""
    found = {
        words: {
            option
            for item in command.params
            if not getattr(item, "hidden", False)
            for option in item.opts
            if option[:2] == "--"
        }
        - {"--help", "--install-completion", "--show-completion"}
    }
    for name, inner in getattr(command, "commands", {}).items():
        found |= commands(inner, f"{words} {name}")
    return found


def test_every_verb_and_option_is_on_the_page() -> None:
    """The page has every command, with every option of it, and no other command."""
    text = page("cli.md")
    sections = dict(_COMMAND.findall(text))
    known = commands(get_command(build_app()))
    assert sections.keys() == known.keys()
    for command, options in known.items():
        missing = {option for option in options if f"`{option}" not in sections[command]}
        assert not missing, command


def test_every_setting_of_a_database_is_on_the_page() -> None:
    """The arguments of Database, and the keys of a domain in pyproject.toml."""
    text = page("configuration.md")
    settings = {
        "sql",
        "queries",
        "output",
        "hot",
        "scopes",
        *pgrepo.Database.__init__.__annotations__,
    } - {"return"}
    assert not {name for name in settings if f"`{name}`" not in text}


def test_links() -> None:
    """Every relative link of the documentation leads to a file."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]
    assert not broken
