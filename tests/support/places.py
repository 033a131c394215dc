"""Places to compute in, as the server's workers lend them."""

import threading


class Places:
    """So many places, and what became of them."""

    def __init__(self, free: int) -> None:
        self.free, self.borrowed, self.wanted = free, 0, False
        self._lock = threading.Lock()

    def borrow(self) -> bool:
        with self._lock:
            self.borrowed += self.free > 0
            self.free -= (has := self.free > 0)
            return has

    def give_back(self, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self.free += 1
