"""Who computes, and who is let in: a bounded pool of threads for array work, and admission by bytes and by waiting work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from querist_server.service.errors import RetryLater

P = ParamSpec("P")
T = TypeVar("T")

RETRY_SECONDS = 0.5


class Ticket:
    """The right of one call to hold bytes and to run work."""

    def __init__(self, workers: Workers, held: int) -> None:
        self._workers = workers
        self._held = {"request": held}

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a worker thread, after those that wait already."""
        return await self._workers.run(function, *args, **kwargs)

    def hold(self, **held: int) -> None:
        """Say how many bytes the call holds now, by what they are; what is not named stays as it was.

        Raises
        ------
        RetryLater
            If all calls together would hold more than the server allows.
        """
        self._workers.reserve(sum(held.values()) - sum(self._held.get(name, 0) for name in held))
        self._held |= held

    def release(self) -> None:
        """Hold nothing any more."""
        self.hold(**dict.fromkeys(self._held, 0))


class Workers:
    """A pool of worker threads with a limit on what may wait for it and on what all calls hold.

    Used from the event loop's thread alone; only the functions that it runs leave it.

    Parameters
    ----------
    threads : int
        Functions that run at a time.
    max_waiting : int
        Functions that may wait for a thread before new calls are refused.
    max_bytes : int
        Bytes that all admitted calls may hold together.
    """

    def __init__(self, threads: int, max_waiting: int, max_bytes: int) -> None:
        self._executor = ThreadPoolExecutor(threads, "querist-worker")
        self._threads, self._max_waiting, self._max_bytes = threads, max_waiting, max_bytes
        self.unfinished = 0
        """Functions that run or wait."""
        self.bytes_held = 0

    @asynccontextmanager
    async def admit(self, size: int) -> AsyncIterator[Ticket]:
        """Let a call in, or refuse it at once.

        Parameters
        ----------
        size : int
            Bytes that it holds to begin with.

        Raises
        ------
        RetryLater
            If too much work waits, or too many bytes are held.
        """
        waiting = self.unfinished - self._threads
        if waiting >= self._max_waiting > 0 or (self._max_waiting == 0 and waiting >= 0):
            message = f"{max(waiting, 0)} selections wait for {self._threads} workers, and {self._max_waiting} may"
            raise RetryLater("SERVER_OVERLOADED", message, RETRY_SECONDS)
        self.reserve(size)
        ticket = Ticket(self, size)
        try:
            yield ticket
        finally:
            ticket.release()

    def reserve(self, size: int) -> None:
        """Count bytes that a call holds more (or, if negative, less)."""
        if size > 0 and self.bytes_held + size > self._max_bytes:
            message = f"{self.bytes_held} bytes are held by running selections; {size} more would exceed {self._max_bytes}"
            raise RetryLater("SERVER_OVERLOADED", message, RETRY_SECONDS)
        self.bytes_held += size

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a worker thread. If the caller is cancelled meanwhile, the function goes on until its next checkpoint."""
        loop = asyncio.get_running_loop()
        self.unfinished += 1
        future = self._executor.submit(function, *args, **kwargs)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._one_less))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let running functions end and take no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _one_less(self) -> None:
        self.unfinished -= 1
