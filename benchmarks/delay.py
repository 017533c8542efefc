"""A server that is far away: a proxy that makes every round trip 1 ms longer."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import selectors
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUND_TRIP = 0.001
"""By how many seconds a round trip gets longer, at least."""


@contextlib.contextmanager
def delayed(url: str) -> Iterator[str]:
    """The URL of the same database behind a proxy, which runs in a process of its own."""
    parameters = conninfo_to_dict(url)
    socket = f"{parameters['host']}/.s.PGSQL.{parameters.get('port', 5432)}"
    receiver, sender = multiprocessing.Pipe(duplex=False)
    proxy = multiprocessing.get_context("spawn").Process(
        target=_run, args=(socket, sender), daemon=True
    )
    proxy.start()
    sender.close()  # else nobody would notice that the process has ended
    try:
        yield make_conninfo(url, host="127.0.0.1", port=receiver.recv())
    finally:
        proxy.terminate()
        proxy.join()


def _run(socket: str, port: Any) -> None:
    # epoll, which is the default, waits in whole milliseconds.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(_serve(socket, port))


async def _serve(socket: str, port: Any) -> None:
    async def accept(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        server, ask = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_forward(client, ask), _forward(server, answer))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    port.send(listener.sockets[0].getsockname()[1])
    await listener.serve_forever()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes each piece on a little later, without holding up those behind it."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(ROUND_TRIP / 2, writer.write, data)
    loop.call_later(ROUND_TRIP / 2, writer.close)
