"""Runs side by side in processes of their own, none of which lets the result depend on how many there are."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
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
    told: set[Future[Curve]] = set()
    with ProcessPoolExecutor(min(processes, len(runs)), context, _begin, (replace(options, on_retry=None), trial, ended)) as pool:
        with _interruptions_held():  # what is started meanwhile never hears of any
            futures = {pool.submit(_run, *run): run for run in runs}

        def tell(finished: Sequence[Future[Curve]]) -> None:
            for future in finished:
                told.add(future)
                done(futures[future], future.result())

        try:
            while len(told) < len(futures):
                _ticking(enough)()
                finished, _ = wait(futures.keys() - told, _LOOKS_EVERY, FIRST_COMPLETED)
                tell(sorted(finished, key=lambda future: (future.exception() is not None, runs.index(futures[future]))))
        except BrokenProcessPool as error:
            message = (
                "a process of the simulation died: it was killed, for example for want of memory, or this program starts processes where "
                "it is imported (protect its start by if __name__ == '__main__')"
            )
            raise QueristError(message) from error
        except BaseException:
            ended.set()
            pool.shutdown(cancel_futures=True)
            tell([future for future in futures.keys() - told if not future.cancelled() and future.exception() is None])
            raise


@contextmanager
def _interruptions_held() -> Iterator[None]:
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


def _ticking(enough: Any) -> Callable[[], None]:
    def tick() -> None:
        if enough.is_set():
            raise Stopped

    return tick
