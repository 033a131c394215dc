"""What all calls share and none may take alone: places to wait in, and bytes to hold."""

from __future__ import annotations

import threading

GREED = 3
"""A caller may take this many times what it leaves free: three quarters of everything if it is alone, less the more callers there are."""


class Share:
    """A bounded amount of something, taken by callers. Thread-safe.

    The bound of each caller follows from what is free (Choudhury and Hahne, "Dynamic queue length thresholds", 1998): some of it is left
    for whoever comes next, however much the others want.

    Parameters
    ----------
    amount : int
        What there is.
    """

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.taken = 0
        self._by_caller: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, more: int) -> bool:
        """Take more (or, if negative, give back), unless there is too little; returns whether it was taken."""
        with self._lock:
            if more > 0 and not self._room(caller, more):
                return False
            self._add(caller, more)
            return True

    def add(self, caller: str, more: int) -> None:
        """Count what is taken in any case (or, if negative, given back)."""
        with self._lock:
            self._add(caller, more)

    def has_room(self, caller: str) -> bool:
        """Tell whether the caller may take one more."""
        with self._lock:
            return self._room(caller, 1)

    def _room(self, caller: str, more: int) -> bool:
        own = self._by_caller.get(caller, 0)
        left = self.amount - (self.taken - own)  # by the others
        return own + more <= left - left // (GREED + 1)

    def _add(self, caller: str, more: int) -> None:
        self.taken += more
        own = self._by_caller.pop(caller, 0) + more
        if own:
            self._by_caller[caller] = own
