"""A network of the tests' own: a TCP proxy before the server that can stop, cut and lose."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from types import TracebackType


class Proxy:
    """Passes on what clients and server say to each other, in a thread of its own.

    Args:
        url: where the server is.

    Attributes:
        url: the way through the proxy.
        trips: how often a client has spoken after the server, which is how often one has waited.
    """

    def __init__(self, url: str) -> None:
        parts = conninfo_to_dict(url)
        self._host, self._port = str(parts.get("host", "127.0.0.1")), parts.get("port", 5432)
        self._server_url = url
        self._losing: bytes | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.url = ""
        self.trips = 0
        self._asked = False

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def swallow(self) -> None:
        """From now on nothing arrives anywhere, and nobody is told."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def restore(self) -> None:
        """Everything flows again, and what was under way arrives late."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def lose_answer_to(self, words: bytes) -> None:
        """The next time a client says these words, it is cut off before it has the answer."""
        self._losing = words

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._flows, self._end = asyncio.Event(), asyncio.Event()
        self._flows.set()
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        self.url = make_conninfo(self._server_url, host="127.0.0.1", port=port)
        self._ready.set()
        await self._end.wait()
        listener.close()
        self._flows.set()
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        self._writers.add(answer)
        with contextlib.suppress(OSError):
            await self._flows.wait()
            server, ask = await self._connect()
            self._writers.add(ask)
            lost = asyncio.Event()
            await asyncio.gather(
                self._forward(client, ask, lost), self._answer(server, answer, lost)
            )

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._host, self._port)

    async def _forward(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        with contextlib.closing(server):
            while data := await client.read(65536):
                self.trips += not self._asked
                self._asked = True
                await self._flows.wait()
                if self._losing is not None and self._losing in data:
                    self._losing = None
                    lost.set()
                server.write(data)
                await server.drain()

    async def _answer(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        with contextlib.closing(client):
            while data := await server.read(65536):
                self._asked = False
                await self._flows.wait()
                if lost.is_set():
                    client.transport.abort()
                    return
                client.write(data)
                await client.drain()
