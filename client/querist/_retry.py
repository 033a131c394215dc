"""When to try again. gRPC's own retries are switched off: they silently leave out requests above 256 KiB, which is every matrix."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from querist.errors import DeadlineExceededError, QueristError, ServerUnavailableError

FIRST_DELAY, LONGEST_DELAY, GROWTH = 0.1, 5.0, 2.0
OnRetry = Callable[[int, QueristError, float], None]


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
    """

    def __init__(self, retries: int, timeout: float | None, on_retry: OnRetry | None) -> None:
        self._retries, self._on_retry = retries, on_retry
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._made = 0

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

    def delay_after(self, error: QueristError, *, repeatable: bool = True) -> float:
        """Return the seconds to wait before the next attempt.

        Raises
        ------
        QueristError
            The error itself, if trying again is of no use, not allowed, or there is no time.
        """
        if not isinstance(error, ServerUnavailableError) or self._made >= self._retries:
            raise error
        if not repeatable:
            error.args = (f"{error} (not tried again: the rows came from an iterator that can be read only once)",)
            raise error
        backoff = min(LONGEST_DELAY, FIRST_DELAY * GROWTH**self._made) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
        delay = max(backoff, error.retry_after or 0.0)
        if self._deadline is not None and time.monotonic() + delay >= self._deadline:
            raise error
        self._made += 1
        if self._on_retry is not None:
            self._on_retry(self._made, error, delay)
        return delay
