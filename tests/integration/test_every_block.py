"""Every code block of the README and of docs/ is run by some test, or stands here with a reason."""

from __future__ import annotations

import re

import pytest

from tests.pages import ROOT, Block, blocks_of

HERE = ROOT / "tests"
HOW_TO = "integration/test_how_to.py"
MOVING = "integration/test_moving.py"
REFERENCE = "integration/test_reference.py"

# Pages that a reader goes through, and the test that is the reader. Files and commands are run.
WALKED = {
    "README.md": "integration/test_readme.py",
    "docs/tutorial/first-repository.md": "integration/test_tutorial.py",
    "docs/how-to/benchmark-your-queries.md": HOW_TO,
    "docs/how-to/cache-answers.md": HOW_TO,
    "docs/how-to/catalog.md": HOW_TO,
    "docs/how-to/django.md": HOW_TO,
    "docs/how-to/embed-in-your-own-connection.md": HOW_TO,
    "docs/how-to/fastapi.md": HOW_TO,
    "docs/how-to/fewer-round-trips.md": HOW_TO,
    "docs/how-to/keep-alembic-or-flyway.md": MOVING,
    "docs/how-to/leave-pgrepo.md": HOW_TO,
    "docs/how-to/litestar.md": HOW_TO,
    "docs/how-to/load-many-rows.md": HOW_TO,
    "docs/how-to/migrate-a-database.md": HOW_TO,
    "docs/how-to/move-from-aiosql.md": MOVING,
    "docs/how-to/move-from-sqlalchemy.md": MOVING,
    "docs/how-to/move-from-sqlc.md": MOVING,
    "docs/how-to/observe.md": HOW_TO,
    "docs/how-to/partitions.md": HOW_TO,
    "docs/how-to/replicas.md": "integration/test_replicas_doc.py",
    "docs/how-to/run-transactions-again.md": HOW_TO,
    "docs/how-to/scope-calls-to-a-tenant.md": HOW_TO,
    "docs/how-to/test-with-pytest.md": "integration/pytest_plugin/test_page.py",
    "docs/how-to/use-a-real-server.md": HOW_TO,
    "docs/how-to/worker.md": HOW_TO,
    "docs/how-to/use-pgbouncer.md": "integration/test_pgbouncer_doc.py",
}
# Pages with examples of their own kind, all of which a test takes: SQL and what comes of it. The
# pattern is of their titles (or languages, where they have none). Fragments may stand between them.
EXAMPLES = {
    "docs/explanation/nullability.md": ("integration/test_nullability_doc.py", r".*"),
    "docs/explanation/queues.md": ("integration/test_queues_doc.py", r"worker\.py"),
    "docs/how-to/back-up-and-recover.md": (
        "integration/backups/test_backups.py",
        r"console|(base/)?postgresql\.conf",
    ),
    "docs/how-to/check-before-a-commit.md": ("integration/test_fragments.py", r".*"),
    "docs/reference/annotations.md": (REFERENCE, r".*"),
    "docs/reference/check-codes.md": (REFERENCE, r"PGR\d{3}.*|schema"),
    "docs/reference/dynamic-queries.md": ("integration/dynamic/test_page.py", r".*"),
    "docs/reference/types.md": ("integration/pgtypes/test_documentation.py", r"schema"),
}
# By page and beginning: what no test runs, and why. The commands of pgrepo among them are at least
# read (tests/integration/test_fragments.py).
NOT_RUN = {
    ("README.md", "pip install"): "the test has pgrepo installed already",
    ("README.md", "make demo"): "CI runs make test, and demo has tests of its own",
    ("docs/tutorial/first-repository.md", "pip install"): "as above",
    ("docs/how-to/back-up-and-recover.md", "pg_basebackup"): "tests/integration/backups does it",
    ("docs/how-to/back-up-and-recover.md", "touch base"): "tests/integration/backups does it",
    ("docs/how-to/benchmark-your-queries.md", "pgrepo bench --scale"): "takes minutes",
    ("docs/how-to/benchmark-your-queries.md", "git checkout"): "two states of a repository",
    ("docs/how-to/benchmark-your-queries.md", "pgrepo bench --query"): "takes a minute",
    ("docs/how-to/fastapi.md", "pip install"): "as above",
    (
        "docs/how-to/fastapi.md",
        "uvicorn",
    ): "does not end; the page's tests call the service without a server",
    ("docs/how-to/keep-alembic-or-flyway.md", "flyway"): "a program in Java",
    ("docs/how-to/keep-alembic-or-flyway.md", "alembic"): "the page's own steps, as CI does them",
    ("docs/how-to/litestar.md", "pip install"): "as above",
    (
        "docs/how-to/litestar.md",
        "uvicorn",
    ): "does not end; the page's tests call the service without a server",
    ("docs/how-to/worker.md", "python worker.py"): "tests/examples runs it with other numbers",
    ("docs/how-to/leave-pgrepo.md", "for file in"): "psql is not on every machine",
    ("docs/how-to/move-from-sqlc.md", "version:"): "sqlc's own file",
    ("docs/how-to/partitions.md", "[Unit]"): "systemd",
    ("docs/how-to/partitions.md", "systemctl"): "systemd",
    ("docs/how-to/partitions.md", "SELECT cron."): "an extension that no test server has",
    ("docs/how-to/test-with-pytest.md", "pip install"): "as above",
    ("docs/how-to/use-a-real-server.md", "export DATABASE_URL"): "a server that is not there",
    ("docs/reference/littlemonster.md", "pgrepo migrate"): "tests of its own, at smaller scales",
    ("docs/reference/mindia.md", "pgrepo migrate"): "tests of its own, at smaller scales",
}
# Neither code nor a command: what something prints or looks like. `pgrepo erd` writes the diagrams.
_NO_CODE = {"mermaid", "text"}
# Pages made from what is tested elsewhere.
_MADE = "<!-- Made by `pgrepo catalog`"
_FRAGMENT = re.compile(r'fragment\(\s*(\w+|"[^"]+"),\s*"((?:[^"\\]|\\.)*)"')
_CONSTANT = re.compile(r'^(\w+) = "((?:docs/|README)[^"]*)"$', re.MULTILINE)


def pages() -> list[str]:
    """The README and every page of docs/."""
    return [
        "README.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")),
    ]


def fragments() -> set[tuple[str, str]]:
    """What tests take with `fragment` or `run_fragment`: page and beginning."""
    found = set()
    for path in HERE.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        constants = dict(_CONSTANT.findall(text))
        for page, beginning in _FRAGMENT.findall(text):
            found.add((constants.get(page, page.strip('"')), beginning.replace(r"\n", "\n")))
    return found


def is_run(page: str, block: Block, taken: set[tuple[str, str]]) -> bool:
    """Whether a test runs a block, or the list above says why not."""
    if page in WALKED and (block.title or block.language in {"console", "diff"}):
        return True
    if page in EXAMPLES and re.fullmatch(EXAMPLES[page][1], block.title or block.language):
        return True
    return any(page == of and block.text.startswith(start) for of, start in {*taken, *NOT_RUN})


def test_every_block_is_run() -> None:
    """Of every page; `text` is no code."""
    taken = fragments()
    left_out = [
        f"{block.where}: {block.language}: {block.text.splitlines()[0]}"
        for page in pages()
        if not (ROOT / page).read_text("utf-8").startswith(_MADE)
        for block in blocks_of(page)
        if block.language not in _NO_CODE and not is_run(page, block, taken)
    ]
    assert left_out == []


def test_every_block_is_read() -> None:
    """No fence is written in a way that the tests would not see."""
    for page in pages():
        fences = re.findall(r"^\s*```.*$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(page)), page


@pytest.mark.parametrize(
    ("page", "test"), [*WALKED.items(), *((page, test) for page, (test, _) in EXAMPLES.items())]
)
def test_the_test_names_the_page(page: str, test: str) -> None:
    """What is said above to run a page does name it."""
    text = (HERE / test).read_text(encoding="utf-8")
    assert page.rpartition("/")[2].removesuffix(".md") in text
    assert page not in WALKED or ".assert_works(" in text


def test_nothing_is_listed_in_vain() -> None:
    """What is not run is there, once."""
    for page, beginning in NOT_RUN:
        assert [block for block in blocks_of(page) if block.text.startswith(beginning)], page
