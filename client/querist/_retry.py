"""When to try again. gRPC's own retries are switched off: they silently leave out requests above 256 KiB, which is every matrix."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from querist.errors import (
    AuthenticationError,
    DeadlineExceededError,
    ModelWorkerDiedError,
    NotFoundError,
    QueristError,
    ServerUnavailableError,
)

FIRST_DELAY, LONGEST_DELAY, GROWTH = 0.1, 5.0, 2.0
LONGEST_WISH = 300.0
"""A server that wants to be left alone for longer is not waited for."""
BURST, PER_SECOND = 32, 2.0
"""Retries that a client makes at once, and for how long on, of a server that does not answer."""
OnRetry = Callable[[int, QueristError, float], None]


class Budget:
    """How many retries a client has left, all its calls together: a server that is down is not hammered. Thread-safe.

    A server that answers when to come back is not counted: it spaces its callers itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left, self._filled = float(BURST), time.monotonic()

    def __reduce__(self) -> tuple[type[Budget], tuple[()]]:
        return Budget, ()  # each process has its own

    def take(self) -> bool:
        """Take one retry, if one is left."""
        with self._lock:
            now = time.monotonic()
            self._left = min(BURST, self._left + (now - self._filled) * PER_SECOND)
            self._filled = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Attempts:
    """The attempts of one call, which share one deadline.

    Parameters
    ----------
    retries : int
        How often to try again at most.
    timeout : float or None
        Seconds for all attempts together.
    on_retry : callable, optional
        Called with the number of the coming retry, the error, and the seconds until then.
    budget : Budget
        Of the client.
    """

    def __init__(self, retries: int, timeout: float | None, on_retry: OnRetry | None, budget: Budget) -> None:
        self._retries, self._on_retry, self._budget = retries, on_retry, budget
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._made = 0
        self._reply_lost = self._worker_died = False
        self._may_renew = True

    @property
    def seconds_left(self) -> float | None:
        """Time for the next attempt.

        Raises
        ------
        DeadlineExceededError
            If there is none left.
        """
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceededError("the time for this call is over", code="DEADLINE_EXCEEDED")
        return left

    def renews_after(self, error: QueristError) -> bool:
        """Return whether other credentials might help, which is so once a call.

        They do against a refused token, and against a connection that does not come about, of which gRPC does not say why.
        """
        may = self._may_renew and isinstance(error, (AuthenticationError, ServerUnavailableError))
        self._may_renew = self._may_renew and not may
        self._reply_lost |= may and not error.reason
        return may

    def delay_after(self, error: QueristError, *, repeatable: bool = True) -> float:
        """Return the seconds to wait before the next attempt: never fewer than the server wishes, and not the same for all callers.

        Raises
        ------
        QueristError
            The error itself, if trying again is of no use, not allowed, or there is no time.
        """
        if isinstance(error, NotFoundError):
            error.reply_lost = self._reply_lost
        if not self._helps(error) or self._made >= self._retries:
            raise error
        if not repeatable:
            _add(error, "not tried again: the rows came from an iterator that can be read only once")
            raise error
        delay = self._delay(error)
        if delay > LONGEST_WISH or (self._deadline is not None and time.monotonic() + delay >= self._deadline):
            raise error
        if not error.reason and not self._budget.take():
            _add(error, "not tried again: this client has tried again too often of late")
            raise error
        self._reply_lost |= not error.reason
        self._worker_died |= isinstance(error, ModelWorkerDiedError)
        self._made += 1
        if self._on_retry is not None:
            self._on_retry(self._made, error, delay)
        return delay

    def _helps(self, error: QueristError) -> bool:
        """Tell whether another attempt may go better. A model that was there when a process died may be why, so it gets one more only."""
        return isinstance(error, ServerUnavailableError) or (isinstance(error, ModelWorkerDiedError) and not self._worker_died)

    def _delay(self, error: QueristError) -> float:
        backoff = min(LONGEST_DELAY, FIRST_DELAY * GROWTH**self._made)
        wish = error.retry_after if isinstance(error, ServerUnavailableError) else None
        if wish is None:
            return backoff * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
        return wish + max(backoff, wish) * random.random()  # noqa: S311


def _add(error: QueristError, note: str) -> None:
    error.args = (f"{error} ({note})",)
