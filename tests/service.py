"""The service of examples/fastapi_monumento in a process, and clients that keep it busy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from psycopg.conninfo import make_conninfo

import pgrepo
from pgrepo.operate.load import load_sample
from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain

from .servers import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[1] / "examples" / "fastapi_monumento"
USER = "00000000-0000-4000-8000-000000000001"
"""Somebody whom the sample has."""
POOL = 10
"""How many connections the service may have."""
_MESSAGES = 40


def fill(url: str) -> None:
    """Gives a database what the service needs."""
    domain = shipped_domain("monumento")
    migrate(url, domain)
    load_sample(url, domain)


@dataclass(frozen=True)
class Service:
    """A service that runs.

    Attributes:
        url: where.
        process: that of uvicorn.
        log: what uvicorn and the service have to say.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Asks it to stop, as an orchestrator would, and looks whether it did so in order."""
        self.process.terminate()
        self.process.wait(20)
        assert "Application shutdown complete" in self.log.read_text(), self.log.read_text()

    def answers(self) -> bool:
        """Whether it does."""
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/health").status_code == 200
        return False


@contextlib.contextmanager
def serving(database: str) -> Iterator[Service]:
    """Runs the service on a database, and waits until it answers."""
    port = free_port()
    source = Path(pgrepo.__file__).parents[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(source),
        "DATABASE_URL": make_conninfo(database, application_name="service"),
    }
    command = ["-m", "uvicorn", "app:app", "--app-dir", EXAMPLE, "--port", str(port)]
    with tempfile.NamedTemporaryFile(prefix="pgrepo-service-") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--no-access-log"], env=environment, stderr=log
        )
        service = Service(f"http://127.0.0.1:{port}", process, Path(log.name))
        try:
            until(lambda: process.poll() is not None or service.answers(), 60)
            assert process.poll() is None, service.log.read_text()
            yield service
        finally:
            process.kill()
            process.wait()


def message(text: str) -> dict[str, Any]:
    """What to send for something that is said now."""
    now = int(time.time() * 1000)
    return {"role": "user", "text": text, "timestamp": now, "relative_offset": 0}


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        sent: when it was sent, as of time.monotonic().
        seconds: how long it took.
        status: that of HTTP; 0 for none.
        retry_after: what the header says.
    """

    sent: float
    seconds: float
    status: int
    retry_after: str | None

    @property
    def came(self) -> float:
        """When it came."""
        return self.sent + self.seconds

    @property
    def is_error(self) -> bool:
        """Whether somebody did not get what he asked for."""
        return not 200 <= self.status < 300


@dataclass
class Load:
    """Clients, each of which sends a request as soon as the last one is answered.

    Attributes:
        url: where the service is.
        clients: how many they are.
        answers: what they got.
        written: the texts of the messages whose receipt was confirmed.
    """

    url: str
    clients: int = 16
    answers: list[Answer] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    _going: bool = True
    _failures: list[BaseException] = field(default_factory=list)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Sends requests for as long as the block lasts."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            until(lambda: self.answers or self._failures)
            yield
        finally:
            self._going = False
            thread.join()
        if self._failures:
            raise self._failures[0]

    def errors(self) -> list[Answer]:
        """The answers that are errors."""
        return [answer for answer in self.answers if answer.is_error]

    def percentile(self, share: float) -> float:
        """How long a share of the requests took at most, s."""
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(int(share * len(times)), len(times) - 1)]

    def _run(self) -> None:
        try:
            asyncio.run(self._gather())
        except BaseException as error:  # noqa: BLE001 - it is raised when the block ends
            self._failures.append(error)

    async def _gather(self) -> None:
        limits = httpx2.Limits(max_connections=self.clients)
        async with (
            httpx2.AsyncClient(base_url=self.url, limits=limits, timeout=10) as http,
            asyncio.TaskGroup() as group,
        ):
            for number in range(self.clients):
                group.create_task(self._client(http, number))

    async def _client(self, http: httpx2.AsyncClient, number: int) -> None:
        """Looks at a person, records a session, reads it, and begins again."""
        turn = count()
        sessions = f"/users/{USER}/sessions"
        while self._going:
            new = {"vibe": "The Historian", "mode": "Auto-Pilot", "duration_minutes": 20}
            if (session := await self._ask(http, "POST", sessions, new)) is None:
                continue
            path = f"/sessions/{session['id']}"
            for _ in range(_MESSAGES):
                if not self._going:
                    return
                text = f"client {number}, message {next(turn)}"
                if await self._ask(http, "POST", f"{path}/messages", message(text)) is not None:
                    self.written.append(text)
                await self._ask(http, "GET", path)
                await self._ask(http, "GET", f"/users/{USER}")
                await self._ask(http, "GET", sessions)

    async def _ask(self, http: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> Any:
        """Sends a request and notes the answer; returns what it says, None for an error."""
        sent = time.monotonic()
        status, retry_after, said = 0, None, None
        with contextlib.suppress(httpx2.TransportError):
            response = await http.request(method, path, json=body)
            status, retry_after = response.status_code, response.headers.get("Retry-After")
            said = response.json() if response.is_success else None
        self.answers.append(Answer(sent, time.monotonic() - sent, status, retry_after))
        if status == 503:
            await asyncio.sleep(0.05)  # less than it was asked for, so that much is seen
        return said
