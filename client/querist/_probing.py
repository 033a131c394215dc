"""What a client can measure of a server without being a burden: little is sent, and for a bounded time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from querist._client import Client
from querist.errors import ServerOverloadedError

CLASSES = 10
MB = 10**6


@dataclass(frozen=True)
class Pace:
    """Calls by several callers at a time.

    Attributes
    ----------
    callers, calls : int
    refused : int
        Calls that the server was too busy for.
    per_second : float
    p50_ms, p99_ms : float
        NaN if no call was answered.
    """

    callers: int
    calls: int
    refused: int
    per_second: float
    p50_ms: float
    p99_ms: float


def rows_of(size: int) -> npt.NDArray[np.float32]:
    """Return predictions that weigh so many bytes, no two rows alike."""
    rows = max(1, size // (CLASSES * 4))
    few = np.random.default_rng(1).dirichlet(np.ones(CLASSES), min(rows, 50_000)).astype(np.float32)
    whole = np.resize(few, (rows, CLASSES))
    whole *= np.linspace(0.9995, 1.0, rows, dtype=np.float32)[:, None]  # sums stay within what the contract allows
    return whole


def by_bytes(client: Client) -> Client:
    """Return another client of the same server that puts nothing into files."""
    return Client(replace(client._options, shared_directory=False))


def repeated(call: Callable[[], object], seconds: float, most: int) -> list[float]:
    """Make a call again and again, at least once, and return how long each took, in seconds."""
    end = time.monotonic() + seconds
    taken: list[float] = []
    while len(taken) < most and (not taken or time.monotonic() + taken[-1] < end):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return taken


def upload_speed(client: Client, rows: npt.NDArray[np.float32], seconds: float, most: int) -> float:
    """Return the bytes a second at which a pool is sent, checked and ranked."""
    taken = repeated(lambda: client.select(rows, strategy="margin", count=100), seconds, most)
    return rows.nbytes / statistics.median(taken)


def pace(client: Client, callers: int, seconds: float) -> Pace:
    """Let so many callers make small selections one after the other for so long."""
    rows = rows_of(10 * CLASSES * 4)
    end = time.monotonic() + seconds
    refused: list[ServerOverloadedError] = []

    def one() -> list[float]:
        taken = []
        while time.monotonic() < end:
            started = time.perf_counter()
            try:
                client.select(rows, strategy="margin", count=1)
            except ServerOverloadedError as error:
                refused.append(error)
                time.sleep(min(error.retry_after or 0.1, max(0.0, end - time.monotonic())))
            else:
                taken.append(time.perf_counter() - started)
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        taken = [each for future in [threads.submit(one) for _ in range(callers)] for each in future.result()]
    passed = time.perf_counter() - began
    p50, p99 = np.percentile(taken, [50, 99]) * 1e3 if taken else (np.nan, np.nan)
    return Pace(callers, len(taken), len(refused), len(taken) / passed, float(p50), float(p99))
