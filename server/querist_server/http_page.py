"""A page over HTTP on an address of its own: what a metrics scraper needs of HTTP/1.1, and nothing more.

It runs on the server's event loop. A thread for each connection, as the standard library's server has it, is what a stranger who can
connect could have thousands of; here requests are short, few at a time, and soon over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from querist_server.sockets import ListenError

MOST_CONNECTIONS = 16
MOST_REQUEST_BYTES = 16 * 1024
PATIENCE_SECONDS = 5.0
"""How long a caller may take to ask, and to take the answer."""

Page = Callable[[str], tuple[bytes, str]]
"""Returns the page and its content type for what the caller accepts. Called on a thread."""


class HttpPage:
    """Answers GET of one path.

    Parameters
    ----------
    path : str
    page : callable
    """

    def __init__(self, path: str, page: Page) -> None:
        self._path, self._page = path, page
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self, address: str) -> str:
        """Listen, and return the address with the port that was given.

        Parameters
        ----------
        address : str
            host:port.

        Raises
        ------
        ListenError
            If it is in use.
        """
        host, _, port = address.rpartition(":")
        try:
            self._server = await asyncio.start_server(self._answer, host.strip("[]"), int(port), limit=MOST_REQUEST_BYTES)
        except OSError as error:
            raise ListenError(f"cannot listen on {address}: {error.strerror or error}") from error
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST_CONNECTIONS:
                await asyncio.wait_for(self._exchange(reader, writer), PATIENCE_SECONDS)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who asks like that gets no answer
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        target = rest.partition(" ")[0].partition("?")[0]
        if method not in ("GET", "HEAD"):
            status, body, kind = "405 Method Not Allowed", b"only GET\n", "text/plain"
        elif target != self._path:
            status, body, kind = "404 Not Found", f"only {self._path}\n".encode(), "text/plain"
        else:
            accepted = next((value.strip() for name, _, value in (line.partition(":") for line in lines) if name.lower() == "accept"), "")
            body, kind = await asyncio.to_thread(self._page, accepted)
            status = "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + (b"" if method == "HEAD" else body))
        await writer.drain()
