"""`--json`: one shape a verb, alone on standard output."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.cli.conftest import Invoke

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/cli.md"
ERROR = {"code", "severity", "message", "file", "line", "column", "help"}
BROKEN = "\n-- name: broken()\nSELECT nothing FROM shop.orders;\n"


@pytest.fixture
def answer(invoke: Invoke, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a verb with --json on an empty database, and reads what it printed."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(line: str, status: int = 0) -> Any:
        ended = invoke(*line.split(), "--json")
        assert ended.status == status
        return json.loads(ended.out)

    return run


def documented(verb: str) -> set[str]:
    """The keys that the page names in the section of a verb."""
    page = PAGE.read_text(encoding="utf-8")
    section = re.search(rf"^##+ `pgrepo {verb}`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert section is not None
    return set(re.findall(r"`([a-z_]+)`", section[1]))


def keys(value: Any) -> set[str]:
    """The keys of a list's first object, or of an object."""
    return set(value[0] if isinstance(value, list) else value)


def test_shapes(answer: Any, project: Path) -> None:
    """Every verb of a day, in the order of a day; the page names every key."""
    (project / "src/shop/sql/load").mkdir()
    (project / "src/shop/sql/load/01_orders.sql").write_text(
        "-- step: orders\nINSERT INTO shop.orders (email) VALUES ('a@example.com');\n"
    )
    answers = {
        verb: answer(f"{verb} {arguments}".strip())
        for verb, arguments in (
            ("status", ""),
            ("migrate", ""),
            ("verify", ""),
            ("generate", "--no-cache"),
            ("describe", ""),
            ("explain", "recent_orders"),
            ("load", "shop"),
            ("partitions ensure", ""),
        )
    }
    assert keys(answers["status"]) == {
        "domain", "version", "file", "state", "checksum", "applied_checksum", "applied_at",
    }  # fmt: skip
    assert keys(answers["migrate"]) == {"domain", "version", "file", "milliseconds"}
    assert keys(answers["verify"]) == {"domain", "is_equal", "differences", "pending"}
    assert answers["verify"][0]["is_equal"] is True
    assert answers["generate"] == [
        {
            "domain": "shop", "output": "src/shop/repositories",
            "added": [], "changed": [], "removed": [], "errors": [],
        }
    ]  # fmt: skip
    assert keys(answers["explain"]) == {"query", "about", "steps", "plan", "text"}
    assert keys(answers["explain"]["steps"]) == {"share", "words", "numbers"}
    assert answers["explain"]["query"] in answers["describe"]
    assert answers["load"] == [{"step": "orders", "rows": 1}]
    assert answers["partitions ensure"] == [{"schema": "shop", "made": []}]
    assert answer("partitions status") == []
    assert answer("migrate") == []
    for verb, told in answers.items():
        assert keys(told) <= documented(verb), verb


def test_mistakes(answer: Any, project: Path) -> None:
    """`check` and `generate` tell mistakes alike; what is applied before one is told, too."""
    queries = project / "src/shop/queries/orders.sql"
    queries.write_text(queries.read_text() + BROKEN)
    [found] = answer("check", status=1)
    assert found.keys() == ERROR
    [generated] = answer("generate", status=1)
    assert generated["errors"] == [found]
    (project / "src/shop/sql/V002__bad.sql").write_text("SELECT [1];\n")
    assert [file["version"] for file in answer("migrate", status=1)] == ["1"]
    [result] = answer("verify")
    assert result["pending"] == ["src/shop/sql/V002__bad.sql"]


def test_server(invoke: Invoke) -> None:
    """Its state, without starting it."""
    told = json.loads(invoke("server", "status", "--data-dir", "none/pg", "--json").out)
    assert told.keys() == {"running", "pid", "version", "data_dir", "url", "keep"}
    assert (told["running"], told["url"]) == (False, None)


@pytest.mark.parametrize(
    "verb",
    ["partitions status", "partitions archive", "partitions restore", "server status", "check"],
)
def test_the_rest_is_documented(verb: str) -> None:
    """What other tests assert, the page names."""
    assert {
        "partitions status": {"table", "is_short", "horizon", "partitions", "bytes"},
        "partitions archive": {"partition", "rows", "bytes", "file"},
        "partitions restore": {"partition", "rows"},
        "server status": {"running", "pid", "version", "data_dir", "url", "keep"},
        "check": ERROR,
    }[verb] <= documented(verb)
