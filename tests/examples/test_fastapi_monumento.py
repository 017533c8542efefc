"""examples/fastapi_monumento, as its clients see it: a real uvicorn, and a real PostgreSQL.

The load lasts 2 seconds; PGREPO_LOAD_SECONDS=10 is the long form.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

from tests.conftest import fresh_database
from tests.service import USER, Load, Service, message, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

SECONDS = float(os.environ.get("PGREPO_LOAD_SECONDS", "2"))
NOBODY = "00000000-0000-4000-8000-00000000ffff"
NEW_SESSION = {"vibe": "The Historian", "mode": "Auto-Pilot", "duration_minutes": 20}


@pytest.fixture(scope="module")
def database(server_url: str, monumento_noproc: NoopExecutor) -> Iterator[str]:
    """A database with the sample of monumento in it."""
    from pgrepo.operate.load import load_sample  # noqa: PLC0415
    from pgrepo.project import shipped_domain  # noqa: PLC0415

    for url in fresh_database(server_url, monumento_noproc):
        load_sample(url, shipped_domain("monumento"))
        yield url


@pytest.fixture(scope="module")
def service(database: str) -> Iterator[Service]:
    """The service."""
    with serving(database) as service:
        yield service


@pytest.fixture
def http(service: Service) -> Iterator[httpx2.Client]:
    """A client."""
    with httpx2.Client(base_url=service.url) as client:
        yield client


def test_sessions(http: httpx2.Client) -> None:
    """A session is made, messages are added, and all of it comes back."""
    made = http.post(f"/users/{USER}/sessions", json=NEW_SESSION | {"metadata": {"photos": 2}})
    assert made.status_code == 201
    session = made.json()
    assert (session["status"], session["metadata"]) == ("draft", {"photos": 2})
    for text in ("Where did you grow up?", "By the sea."):
        added = http.post(f"/sessions/{session['id']}/messages", json=message(text))
        assert added.status_code == 201
    found = http.get(f"/sessions/{session['id']}").json()
    texts = [said["text"] for said in found.pop("messages")]
    assert texts == ["Where did you grow up?", "By the sea."]
    assert found == session


def test_pages(http: httpx2.Client) -> None:
    """Page after page, every session comes once, newest first."""
    path = f"/users/{USER}/sessions"
    everything = http.get(path, params={"limit": 100}).json()
    assert len(everything) > 3
    paged: list[dict[str, Any]] = []
    while page := http.get(path, params={"limit": 2, **after(paged)}).json():
        paged += page
    assert paged == everything


def after(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Where the next page begins."""
    return {f"before_{key}": rows[-1][key] for key in ("created_at", "id")} if rows else {}


def test_patch(http: httpx2.Client) -> None:
    """What is given changes, null empties, and what is left out stays."""
    before = http.get(f"/users/{USER}").json()
    changed = http.patch(f"/users/{USER}", json={"avatar_url": None}).json()
    assert changed["avatar_url"] is None
    assert changed["full_name"] == before["full_name"]
    assert http.get(f"/users/{USER}").json() == before | {"avatar_url": None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"/users/{NOBODY}", None, 404),
        ("GET", f"/sessions/{NOBODY}", None, 404),
        ("PATCH", f"/users/{NOBODY}", {"full_name": "Nobody"}, 404),
        ("POST", f"/users/{NOBODY}/sessions", NEW_SESSION, 404),
        ("POST", f"/sessions/{NOBODY}/messages", message("Hello?"), 404),
        ("PATCH", f"/users/{USER}", {"email": "Jane@example.com"}, 409),
        ("POST", f"/users/{USER}/sessions", NEW_SESSION | {"duration_minutes": -1}, 422),
        ("POST", f"/users/{USER}/sessions", NEW_SESSION | {"duration_minutes": 2**40}, 422),
        ("POST", f"/users/{USER}/sessions", NEW_SESSION | {"mode": "x" * 9999}, 422),
        ("GET", f"/users/{USER}/sessions?limit=0", None, 422),
        ("GET", "/users/nobody", None, 422),
    ],
)
def test_errors(http: httpx2.Client, method: str, path: str, body: Any, status: int) -> None:
    """Each error has its status, and tells nothing of the database."""
    answer = http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert "monumento" not in answer.text
    assert "constraint" not in answer.text


def test_health(http: httpx2.Client) -> None:
    """It tells how the database is."""
    answer = http.get("/health")
    assert answer.status_code == 200
    assert answer.json()["primary"]["healthy"] is True


def test_openapi(http: httpx2.Client) -> None:
    """The API's description has the row types: fields, types, choices, and the comments."""
    schemas = http.get("/openapi.json").json()["components"]["schemas"]
    session, whole = schemas["Session"]["properties"], schemas["SessionWithMessages"]["properties"]
    assert schemas["Session"]["required"] == list(session)
    assert session["id"]["format"] == "uuid"
    assert session["created_at"]["format"] == "date-time"
    assert session["status"]["enum"] == ["draft", "recording", "processing", "completed"]
    assert session["video_url"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert session["duration_minutes"]["description"] == "Length of the conversation, minutes."
    assert "type" not in session["metadata"]  # any JSON
    assert whole["messages"]["items"] == {"$ref": "#/components/schemas/SpokenMessage"}
    spoken = schemas["SpokenMessage"]["properties"]
    assert spoken["offset"]["description"] == "Time from the start of the session, ms."


def test_load(service: Service, database: str) -> None:
    """Under load nothing fails, and every message whose receipt was confirmed is there once."""
    load = Load(service.url)
    with load.at_work():
        time.sleep(SECONDS)
    print(
        f"{len(load.answers)} requests in {SECONDS:g} s, "
        f"p50 {load.percentile(0.5):.3f} s, p99 {load.percentile(0.99):.3f} s"
    )
    assert not load.errors()
    assert len(load.written) > load.clients
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT text FROM monumento.messages WHERE text LIKE 'client %'"
        ).fetchall()
    assert sorted(text for (text,) in rows) == sorted(load.written)
