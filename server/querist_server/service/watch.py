"""Looks after all open calls: ends streams that stay idle, keeps new calls out while memory is short, and makes room before it runs out.

What calls say that they hold is bounded by admission. This is for what nobody says: messages of which only a part has come, which gRPC
holds for each call, and memory that the allocator keeps. The last resort ends calls that still wait for their caller, the newest first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from querist_server import footprint
from querist_server.service.calls import Call
from querist_server.service.errors import RetryLater, StreamIdle

LOOK_SECONDS = 0.05
IDLE_LOOK_SECONDS = 1.0
TRIM_SECONDS = 0.5
TIDY_SECONDS = 60.0
SHORT, TOO_SHORT = 0.85, 0.95
"""Shares of the ceiling: above the first no call begins, and silent ones are ended; above the second also those that are still sending."""
SILENT_SECONDS = 1.0
"""How long a call may be silent while memory is short."""
RETRY_SECONDS = 1.0
_LIMIT = "max_memory_bytes"


class Watch:
    """Looks at the process's memory and at all open calls, again and again.

    Parameters
    ----------
    calls : collection of Call
        The open calls, as they are at any moment.
    ceiling : int
        Bytes that the process may have resident.
    most_each : int
        Bytes that a call which waits for its caller may hold unseen: one message.
    max_idle_seconds : float
        How long a call may wait for its caller.
    resident : callable
        Returns the bytes that the process has resident.
    tidy : callable, optional
        Called now and once a minute, on a thread of its own.
    """

    def __init__(
        self,
        calls: Collection[Call],
        *,
        ceiling: int,
        most_each: int,
        max_idle_seconds: float,
        resident: Callable[[], int] = footprint.resident_bytes,
        tidy: Callable[[], None] | None = None,
    ) -> None:
        self._calls, self._ceiling, self._most_each = calls, ceiling, most_each
        self._max_idle, self._resident, self._tidy = max_idle_seconds, resident, tidy
        self._short_since: float | None = None
        self._trimmed = self._looked_for_idle = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Begin to look."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._look_on())]
        if self._tidy is not None:
            self._tasks.append(loop.create_task(self._tidy_up(self._tidy)))

    async def end(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def check(self) -> None:
        """Refuse a new call while memory is short, unless it would be the only one.

        Raises
        ------
        RetryLater
        """
        if self._short_since is not None and len(self._calls) > 1:
            raise RetryLater("SERVER_OVERLOADED", "the server has too little memory left to begin", RETRY_SECONDS, _LIMIT)

    def short_seconds(self) -> float:
        """Return for how long memory has been short; 0 if it is not."""
        return 0.0 if self._short_since is None else time.monotonic() - self._short_since

    def look(self, now: float) -> None:
        """Look once, at a time of the monotonic clock."""
        resident = self._resident()
        if resident <= SHORT * self._ceiling:
            self._short_since = None
        else:
            self._short_since = now if self._short_since is None else self._short_since
            self._make_room(resident, now if resident > TOO_SHORT * self._ceiling else now - SILENT_SECONDS)
        if now - self._looked_for_idle >= IDLE_LOOK_SECONDS:
            self._looked_for_idle = now
            for call in [call for call in self._calls if call.waiting_since is not None and now - call.waiting_since > self._max_idle]:
                call.end_by(StreamIdle(f"nothing has come for {self._max_idle:g} seconds"))

    async def _look_on(self) -> None:
        while True:
            now = time.monotonic()
            self.look(now)
            if self._short_since is not None and now - self._trimmed >= TRIM_SECONDS:
                self._trimmed = now
                await asyncio.to_thread(footprint.give_back)
            await asyncio.sleep(LOOK_SECONDS)

    async def _tidy_up(self, tidy: Callable[[], None]) -> None:
        """Apart from looking, which must not wait for a disk."""
        while True:
            await asyncio.to_thread(tidy)
            await asyncio.sleep(TIDY_SECONDS)

    def _make_room(self, resident: int, silent_since: float) -> None:
        count = 1 + int((resident - SHORT * self._ceiling) // self._most_each)
        silent = (call for call in self._calls if call.waiting_since is not None and call.waiting_since <= silent_since)
        waiting = sorted(silent, key=lambda call: -call.began)
        for call in waiting[:count]:
            message = "the server ran out of memory while it waited for this call"
            call.end_by(RetryLater("SERVER_OVERLOADED", message, RETRY_SECONDS, _LIMIT))
