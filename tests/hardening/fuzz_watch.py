"""What counts as a crash: anything but an answer or an error of the contract, and what takes too long or too much memory."""

from __future__ import annotations

import hashlib
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from querist.v1 import error_reason_pb2
from querist_server.engine.errors import EngineError
from querist_server.service.errors import failure_of

CRASHES = Path(".cache/fuzz/crashes")
MOST_SECONDS = 10.0
MOST_GROWTH = 512 * 2**20
"""Bytes by which one input may raise the most that the process ever held."""
OFTEN, LONG = 16, 400
"""To make the status of an error takes longer than most inputs: it is made for each that is long, and for one in so many of the others."""
MOST_DETAILS = 4096
_REASONS = frozenset(error_reason_pb2.ErrorReason.keys())


class Watch:
    """Runs inputs and keeps what went wrong.

    Parameters
    ----------
    target : str
        What is fuzzed, for the names of saved inputs.
    run : callable
        Answers an input, or raises.
    """

    def __init__(self, target: str, run: Callable[[bytes], object]) -> None:
        self.inputs = self.answers = 0
        self.crashes: dict[str, Path] = {}
        """By kind and place, the first input."""
        self.reasons: dict[str, int] = {}
        self._target, self._run = target, run
        self.slowest = 0.0
        self._peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def __call__(self, data: bytes) -> None:
        """Run one input."""
        self.inputs += 1
        started = time.process_time()
        try:
            self._run(data)
            self.answers += 1
        except EngineError as error:
            self._refused(error, data)
        except Exception as error:  # noqa: BLE001 - whatever comes is what is looked for
            self._crashed(error, data)
        self._look(time.process_time() - started, data)

    def _refused(self, error: EngineError, data: bytes) -> None:
        seen = self.reasons[error.reason] = self.reasons.get(error.reason, 0) + 1
        known = f"ERROR_REASON_{error.reason}" in _REASONS and error.reason != "INTERNAL"
        looked_at = seen % OFTEN == 1 or len(str(error)) + len(error.field) >= LONG
        if not known or (looked_at and failure_of(error, "id").status.ByteSize() >= MOST_DETAILS):
            self._crashed(error, data)

    def _look(self, seconds: float, data: bytes) -> None:
        self.slowest = max(self.slowest, seconds)
        if seconds > MOST_SECONDS:
            self.keep(f"{seconds:.1f} s", "slow", data)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if (peak - self._peak) * 1024 > MOST_GROWTH:
            self.keep(f"{(peak - self._peak) >> 10} MiB more", "memory", data)
        self._peak = peak

    def _crashed(self, error: Exception, data: bytes) -> None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "querist" in frame.filename or "fuzz_" in frame.filename]
        place = f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else type(error).__name__
        self.keep("".join(traceback.format_exception(error)), place, data)

    def keep(self, what: str, kind: str, data: bytes) -> None:
        """Save an input and say how to run it again, once for each kind of failure."""
        if kind in self.crashes:
            return
        CRASHES.mkdir(parents=True, exist_ok=True)
        path = CRASHES / f"{self._target}-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        self.crashes[kind] = path
        again = f"again: .cache/fuzz/bin/python tests/hardening/fuzz.py --replay {path}"
        sys.stderr.write(f"CRASH {self._target}: {kind}\n{what}\n{again}\n")
        sys.stderr.flush()
