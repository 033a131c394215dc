"""Who computes next: a bounded number of works at a time, shared fairly between callers and, for each caller, between its calls.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) on two levels: whoever has computed least goes first, and nobody saves up turns while
there is nothing to do. A work that has had its quantum stands back at its next checkpoint if others wait, so a giant selection delays a
small one by a block of rows and not by its own length.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from querist_server.engine.errors import Cancelled
from querist_server.engine.kernels import parallel

T = TypeVar("T")

QUANTUM_SECONDS = 0.02
"""How long a work computes before it lets others go first: long against the cost of a change, short against what a person notices."""
MOST_REMEMBERED = 1024
"""Callers whose past work is remembered while they have none waiting."""

Wake = Callable[[], None]


@dataclass
class Flow:
    """What shares turns: a caller among all callers, or a call among its caller's.

    Attributes
    ----------
    tag : float
        Seconds that it has computed, counted from the virtual time at which it came.
    """

    tag: float = 0.0


@dataclass
class _Caller(Flow):
    now: float = 0.0
    """Virtual time among its calls."""
    waiting: list[_Waiting] = field(default_factory=list)


@dataclass
class _Waiting:
    flow: Flow
    order: int
    wake: Wake


class Turns:
    """A bounded number of turns. Thread-safe.

    Parameters
    ----------
    places : int
        Works that compute at a time.
    most_paused : int
        Works that may stand back in the middle. Beyond that many, a work goes on to its end.
    """

    def __init__(self, places: int, most_paused: int) -> None:
        self._free, self._most_paused = places, most_paused
        self._paused = 0
        self._waiting = 0
        self._now = 0.0
        self._callers: dict[str, _Caller] = {}
        self._order = itertools.count()
        self._lock = threading.Lock()

    def ask(self, caller: str, flow: Flow, wake: Wake) -> bool:
        """Ask for a turn.

        Parameters
        ----------
        caller : str
        flow : Flow
            The call.
        wake : callable
            Called, perhaps on another thread, when the turn has come, unless it comes at once.

        Returns
        -------
        bool
            Whether it comes at once.
        """
        with self._lock:
            own = self._caller(caller)
            if not own.waiting:
                own.tag = max(own.tag, self._now)
            flow.tag = max(flow.tag, own.now)
            if self._free:
                self._free -= 1
                return True
            own.waiting.append(_Waiting(flow, next(self._order), wake))
            self._waiting += 1
            return False

    def borrow(self) -> bool:
        """Take a turn beside one's own, if one is free and nobody waits; it is given back like any other."""
        with self._lock:
            if not self._free or self._waiting:
                return False
            self._free -= 1
            return True

    @property
    def wanted(self) -> bool:
        """Whether a work waits for its turn."""
        return self._waiting > 0

    def withdraw(self, caller: str, flow: Flow) -> bool:
        """Stop asking; returns False if the turn has come meanwhile, and so must be given back."""
        with self._lock:
            own = self._caller(caller)
            for place, each in enumerate(own.waiting):
                if each.flow is flow:
                    del own.waiting[place]
                    self._waiting -= 1
                    return True
            return False

    def give_back(self, caller: str, flow: Flow, seconds: float) -> None:
        """End a turn that took so many seconds, and let the next begin."""
        with self._lock:
            wake = self._ended(caller, flow, seconds)
        if wake is not None:
            wake()

    def pause(self, caller: str, flow: Flow, seconds: float) -> None:
        """Let others compute if any wait, and return when it is this one's turn again."""
        if not self._waiting:
            return
        again = threading.Event()
        with self._lock:
            if not self._waiting or self._paused >= self._most_paused:
                return
            self._paused += 1
            own = self._caller(caller)
            own.waiting.append(_Waiting(flow, next(self._order), again.set))
            self._waiting += 1
            wake = self._ended(caller, flow, seconds)
        if wake is not None:
            wake()
        again.wait()
        with self._lock:
            self._paused -= 1

    def _ended(self, caller: str, flow: Flow, seconds: float) -> Wake | None:
        own = self._caller(caller)
        own.tag += seconds
        flow.tag += seconds
        first = min((each for each in self._callers.values() if each.waiting), key=lambda each: each.tag, default=None)
        if first is None:
            self._free += 1
            return None
        chosen = min(first.waiting, key=lambda each: (each.flow.tag, each.order))
        first.waiting.remove(chosen)
        self._waiting -= 1
        self._now = max(self._now, first.tag)
        first.now = max(first.now, chosen.flow.tag)
        return chosen.wake

    def _caller(self, name: str) -> _Caller:
        if name not in self._callers:
            if len(self._callers) >= MOST_REMEMBERED:
                self._callers = {other: each for other, each in self._callers.items() if each.waiting}
            self._callers[name] = _Caller(self._now)
        return self._callers[name]


_HELD = threading.local()


@dataclass
class Turn:
    """One work's turn."""

    turns: Turns
    caller: str
    flow: Flow
    began: float = field(default_factory=time.perf_counter)

    def compute(self, work: Callable[[], T]) -> T:
        """Do the work on this thread; the turn ends with it."""
        _HELD.turn = self
        try:
            with parallel.lent(self):
                return work()
        finally:
            _HELD.turn = None
            self.end()

    def offer(self) -> None:
        """Stand back if the quantum is over and others wait."""
        now = time.perf_counter()
        if now - self.began >= QUANTUM_SECONDS:
            self.turns.pause(self.caller, self.flow, now - self.began)
            self.began = time.perf_counter()

    def borrow(self) -> bool:
        """Take a turn beside this one, if one is free and nobody waits."""
        return self.turns.borrow()

    @property
    def wanted(self) -> bool:
        """Whether a work waits for its turn."""
        return self.turns.wanted

    def give_back(self, seconds: float) -> None:
        """End a turn that was borrowed; its seconds count as this one's caller's."""
        self.turns.give_back(self.caller, self.flow, seconds)

    def end(self) -> None:
        """Let the next begin."""
        self.turns.give_back(self.caller, self.flow, time.perf_counter() - self.began)


def checkpoint_of(ended: threading.Event) -> Callable[[], None]:
    """Return what work calls between its blocks: there it stops if its call has ended, and stands back if others wait for a turn."""

    def checkpoint() -> None:
        if ended.is_set():
            raise Cancelled
        turn: Turn | None = getattr(_HELD, "turn", None)
        if turn is not None:
            turn.offer()

    return checkpoint
