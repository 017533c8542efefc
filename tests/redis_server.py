"""A Redis of the tests' own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class RedisServer:
    """A redis-server which can be killed and started again.

    Attributes:
        directory: where its files are.
        port: of the loopback interface.
        remembers: whether it starts with what it had when it was killed.
    """

    directory: str
    port: int
    remembers: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Its URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        port = str(self.port)
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", self.directory]
        if self.remembers:
            options += ["--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        until(self._answers)

    def _answers(self) -> bool:
        """Not before it has read its files."""
        with socket.socket() as client, contextlib.suppress(TimeoutError):
            client.settimeout(1)
            if client.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
            client.sendall(b"PING\r\n")
            return client.recv(100).startswith(b"+PONG")
        return False

    def kill(self) -> None:
        """Kills it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


def running(*, remembers: bool = False) -> Iterator[RedisServer]:
    """One that runs meanwhile, on a port that was free."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server: apt-get install redis-server")
    with tempfile.TemporaryDirectory(prefix="pgrepo-redis-") as directory:
        server = RedisServer(directory, free_port(), remembers)
        try:
            server.start()
            yield server
        finally:
            server.kill()
