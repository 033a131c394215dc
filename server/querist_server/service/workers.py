"""Who is let in, and where array work is done: admission by bytes and by waiting work, and a bounded pool of threads behind it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from querist_server.service import calls
from querist_server.service.errors import RetryLater
from querist_server.service.shares import Share
from querist_server.service.turns import Flow, Turn, Turns

P = ParamSpec("P")
T = TypeVar("T")

RETRY_SECONDS = 0.5
WORKING_COPIES = 4
"""What a request in one message takes while it is worked on, in sizes of the message: itself, its arrays, and these widened and joined."""
JOINING_COPIES = 2
"""What rows that were kept take when they are joined to be chosen from."""
SPARE_THREADS = 16


class Ticket:
    """The right of one call to hold bytes and to run work.

    Attributes
    ----------
    ended : threading.Event
        Set when the call has ended, for whatever reason; work that still runs then stops at its next checkpoint.
    """

    def __init__(self, workers: Workers, caller: str) -> None:
        self.ended = threading.Event()
        self._workers, self._caller = workers, caller
        self._flow = Flow()
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a worker thread when its turn has come."""
        return await self._workers.run(self._caller, self._flow, lambda: function(*args, **kwargs))

    def hold(self, **held: int) -> None:
        """Say how many bytes the call holds now, by what they are; what is not named stays as it was. Thread-safe.

        Raises
        ------
        RetryLater
            If all calls together, or this caller's, would hold more than the server allows.
        """
        with self._lock:
            self._workers.reserve(self._caller, sum(held.values()) - sum(self._held.get(name, 0) for name in held))
            self._held |= held

    def hold_for_work(self, size: float) -> None:
        """Say that the work is about to hold so many bytes more."""
        self.hold(work=self._held.get("work", 0) + int(size))

    def release(self) -> None:
        """Hold nothing any more."""
        self.ended.set()
        self.hold(**dict.fromkeys(self._held, 0))


class Workers:
    """A pool of worker threads with a limit on what may wait for it and on what all calls hold.

    Parameters
    ----------
    threads : int
        Functions that compute at a time.
    max_waiting : int
        Functions that may wait for a turn before new calls are refused.
    max_bytes : int
        Bytes that all admitted calls may hold together.
    """

    def __init__(self, threads: int, max_waiting: int, max_bytes: int) -> None:
        most_paused = max_waiting + SPARE_THREADS
        self._executor = ThreadPoolExecutor(threads + most_paused, "querist-worker")
        self._turns = Turns(threads, most_paused)
        self._threads, self._max_waiting = threads, max_waiting
        self._places = Share(threads + max_waiting)
        self._bytes = Share(max_bytes)

    @property
    def unfinished(self) -> int:
        """Functions that run or wait."""
        return self._places.taken

    @property
    def running(self) -> int:
        """Functions that compute."""
        return min(self.unfinished, self._threads)

    @property
    def waiting(self) -> int:
        """Functions that wait for a turn, or stand back in the middle."""
        return max(self.unfinished - self._threads, 0)

    @property
    def bytes_held(self) -> int:
        """Bytes that all calls hold."""
        return self._bytes.taken

    @property
    def max_bytes(self) -> int:
        """Bytes that all calls may hold."""
        return self._bytes.amount

    @asynccontextmanager
    async def admit(self, size: int) -> AsyncIterator[Ticket]:
        """Let a call in, or refuse it at once.

        Parameters
        ----------
        size : int
            Bytes of the request, if it came in one message.

        Raises
        ------
        RetryLater
            If too much work waits, or too many bytes are held.
        """
        call = calls.CURRENT.get(None)
        caller = "" if call is None else call.caller
        if not self._places.has_room(caller):
            message = f"{self.waiting} selections wait for {self._threads} workers, and {self._max_waiting} may"
            raise RetryLater("SERVER_OVERLOADED", message, RETRY_SECONDS, "max_waiting")
        ticket = Ticket(self, caller)
        ticket.hold(request=WORKING_COPIES * size)
        try:
            yield ticket
        finally:
            ticket.release()

    def reserve(self, caller: str, size: int) -> None:
        """Count bytes that a call holds more (or, if negative, less). Thread-safe."""
        if not self._bytes.take(caller, size):
            message = f"{self.bytes_held} bytes are held by running selections; {size} more exceed your share of {self._bytes.amount}"
            raise RetryLater("SERVER_OVERLOADED", message, RETRY_SECONDS, "max_in_flight_bytes")

    async def run(self, caller: str, flow: Flow, function: Callable[[], T]) -> T:
        """Run a function on a worker thread. If the caller is cancelled meanwhile, the function goes on until its next checkpoint."""
        loop = asyncio.get_running_loop()
        account = calls.account()
        account.works += 1
        self._places.add(caller, 1)
        try:
            come: asyncio.Future[None] = loop.create_future()

            def wake() -> None:
                loop.call_soon_threadsafe(_tell, come)

            if not self._turns.ask(caller, flow, wake):
                asked = time.perf_counter()
                await self._wait_for_turn(come, caller, flow)
                account.queued += time.perf_counter() - asked
        except BaseException:
            self._places.add(caller, -1)
            raise
        turn = Turn(self._turns, caller, flow)
        future = self._executor.submit(turn.compute, function)

        def finished(future: Future[T]) -> None:
            self._places.add(caller, -1)
            if future.cancelled():  # before a thread began with it
                turn.end()

        future.add_done_callback(finished)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let running functions end and take no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_turn(self, come: asyncio.Future[None], caller: str, flow: Flow) -> None:
        try:
            await come
        except asyncio.CancelledError:
            if not self._turns.withdraw(caller, flow):  # it has come in this very moment
                self._turns.give_back(caller, flow, 0.0)
            raise


def _tell(come: asyncio.Future[None]) -> None:
    if not come.done():
        come.set_result(None)
