"""Runs side by side in processes of their own, none of which lets the result depend on how many there are."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from querist.errors import QueristError
from querist.simulation.loop import Curve

if TYPE_CHECKING:
    from querist._client import Client
    from querist._options import Options
    from querist.simulation.trial import Trial

Run = tuple[str, int]
"""A strategy's name, and a seed."""
_LOOKS_EVERY = 0.2
"""Seconds between looks at whether the caller has had enough."""

_DIED = (
    "a process of the simulation died: it was killed, for example for want of memory, or this program starts processes where it is "
    "imported (protect its start by if __name__ == '__main__')"
)


class Stopped(Exception):  # noqa: N818 - no error
    """The caller has had enough."""


def run_here(client: Client, trial: Trial, runs: Sequence[Run], done: Callable[[Run, Curve], None], enough: threading.Event) -> None:
    """Make runs one after the other in this process.

    Raises
    ------
    Stopped
        Between two rounds, when the caller has had enough.
    """
    for name, seed in runs:
        done((name, seed), trial.run(client, name, seed, _ticking(enough)))


def run_apart(
    options: Options, trial: Trial, runs: Sequence[Run], processes: int, done: Callable[[Run, Curve], None], enough: threading.Event
) -> None:
    """Make runs in new processes, each of which connects by itself. Whatever ends this, finished runs are told before.

    Raises
    ------
    Stopped
        When the caller has had enough: processes end after their present round.
    QueristError
        The first that a run raised; or if a process died.
    """
    context = multiprocessing.get_context("spawn")  # a fork takes along the threads' locks, but no threads
    ended = context.Event()
    waiting, going = iter(runs), dict[Future[Curve], Run]()
    workers = min(processes, len(runs))

    def tell(finished: Iterable[Future[Curve]]) -> None:
        for future in sorted(finished, key=lambda each: (each.exception() is not None, runs.index(going[each]))):
            run, curve = going.pop(future), future.result()
            done(run, curve)

    with (
        _interruption_noted() as interrupted,
        ProcessPoolExecutor(workers, context, _begin, (replace(options, on_retry=None), trial, ended)) as pool,
    ):
        tick = _ticking(enough, interrupted)
        try:
            while True:
                with _interruption_held():  # processes that are started meanwhile never hear of any
                    going.update((pool.submit(_run, *run), run) for run in islice(waiting, 2 * workers - len(going)))
                if not going:
                    return
                tell(wait(going, _LOOKS_EVERY, FIRST_COMPLETED).done)
                tick()
        except BaseException as error:
            ended.set()
            pool.shutdown(cancel_futures=True)
            tell([future for future in going if not future.cancelled() and future.exception() is None])
            if isinstance(error, BrokenProcessPool):
                raise QueristError(_DIED) from error
            raise


@contextmanager
def _interruption_noted() -> Iterator[threading.Event]:
    """Note Ctrl-C instead of raising it wherever the program is: within the pool, that would leave locks behind which nobody opens.

    It is raised when the context ends. The second is raised at once.
    """
    noted = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield noted
        return

    def note(*_: Any) -> None:
        noted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
        if noted.is_set():
            before(signal.SIGINT, None)


@contextmanager
def _interruption_held() -> Iterator[None]:
    """Let Ctrl-C wait until the context ends, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Here:
    """What this process was given when it began."""

    client: Client
    trial: Trial
    ended: Any


def _begin(options: Options, trial: Trial, ended: Any) -> None:
    from querist._client import Client  # here, since the client knows this package too

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all processes; the first of them decides
    _Here.client, _Here.trial, _Here.ended = Client(options), trial, ended


def _run(name: str, seed: int) -> Curve:
    return _Here.trial.run(_Here.client, name, seed, _ticking(_Here.ended))


def _ticking(*reasons: Any) -> Callable[[], None]:
    """Return what raises as soon as one of these events is set."""

    def tick() -> None:
        if any(reason.is_set() for reason in reasons):
            raise Stopped

    return tick
