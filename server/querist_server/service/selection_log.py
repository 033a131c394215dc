"""The selection log: for each selection a line of JSON by which it can be told later what was chosen, by what, from what, and be run again.

It holds no data: of inputs digests (`digests`), of what was chosen row indices and the caller's keys. Lines are made and written by a
thread of their own. A disk that fails or is slow costs lines, which are counted, and never a call.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import queue
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from google.protobuf import json_format
from google.protobuf.message import Message
from querist._version import __version__

from querist_server.engine.plan import Plan
from querist_server.engine.selection import Selection
from querist_server.moved_file import MovedFile
from querist_server.service.calls import Call
from querist_server.service.observing import Outcome
from querist_server.service.plans import encode_plan
from querist_server.service.quantiles import SHARES, quantiles
from querist_server.telemetry import SERVER

FORMAT = 1
"""Number of the form of a line; a reader refuses those that it does not know."""
MOST_LISTED = 10_000
"""Chosen instances that a line lists; of more there is the digest, which covers all."""
MOST_LINES, MOST_WAITING = 1000, 5_000_000
"""Lines that may wait to be written, and chosen instances in them."""
GATHER_SECONDS = 0.05
"""How long lines are gathered, to be written together: to wake a thread for each takes as long as to make the line."""
LAST_SECONDS = 2.0
"""How long the end of the server waits for the last lines."""


class _Entry(NamedTuple):
    call: Call
    seconds: float
    ended: float


class SelectionLog:
    """Hears of calls, and writes down the selections among them.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.written = 0
        """Lines that were written."""
        self.lost = 0
        """Lines that were not."""
        self._path, self._file = path, MovedFile(path)
        self._entries: queue.Queue[_Entry | None] = queue.Queue(MOST_LINES)
        self._waiting = 0
        self._failed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_on, name="querist-selection-log", daemon=True)
        self._thread.start()

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Take a call, if it was a selection that was answered."""
        answered = call.account.answered
        if answered is None or outcome.code != "OK":
            return
        chosen = len(answered.selection.indices)
        with self._lock:
            fits = self._waiting == 0 or self._waiting + chosen <= MOST_WAITING
            with contextlib.suppress(queue.Full):
                if fits:
                    self._entries.put_nowait(_Entry(call, outcome.seconds, time.time()))
                    self._waiting += chosen
                    return
        self._lose("the disk is too slow for the lines that wait")

    def close(self) -> None:
        """Write what waits, though not for ever."""
        with contextlib.suppress(queue.Full):
            self._entries.put(None, timeout=LAST_SECONDS)
            self._thread.join(LAST_SECONDS)

    def _write_on(self) -> None:
        more = True
        while more:
            gathered = [self._entries.get()]
            if gathered[0] is not None:
                time.sleep(GATHER_SECONDS)
            while not self._entries.empty():
                gathered.append(self._entries.get_nowait())
            more = None not in gathered
            lines = [line for entry in gathered if entry is not None for line in self._line(entry)]
            if lines:
                self._write(lines)
        self._file.close()

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._file.append(b"".join(lines))
        except OSError as error:
            self._lose(error.strerror or str(error), len(lines))
            return
        self.written += len(lines)
        if self._failed:
            self._failed = False
            SERVER.info("selection log written again", extra={"fields": {"path": str(self._path), "lost": self.lost}})

    def _line(self, entry: _Entry) -> list[bytes]:
        """Return the line of a selection; none if it cannot be made, which must not be the end of all others."""
        time.sleep(0)  # calls come before lines about calls
        answered = entry.call.account.answered
        try:
            text = json.dumps(line_of(entry.call, entry.seconds, entry.ended), allow_nan=False, separators=(",", ":"))
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._lose("a defect")
            SERVER.error("defect", exc_info=error, extra={"fields": {"request_id": entry.call.request_id}})
            return []
        finally:
            with self._lock:
                self._waiting -= 0 if answered is None else len(answered.selection.indices)
        return [text.encode() + b"\n"]

    def _lose(self, problem: str, lines: int = 1) -> None:
        with self._lock:
            self.lost += lines
            first, self._failed = not self._failed, True
        if first:  # and not once for each line
            SERVER.error("selection log not written", extra={"fields": {"path": str(self._path), "error": problem}})


def line_of(call: Call, seconds: float, ended: float) -> dict[str, Any]:
    """Return what is written of a selection that was answered."""
    account = call.account
    answered = account.answered
    if answered is None:
        raise ValueError("the call was not answered by a selection")
    selection = answered.selection
    line: dict[str, Any] = {
        "format": FORMAT,
        "time": round(ended, 3),
        "selection_id": answered.selection_id,
        "request_id": call.request_id,
        "caller": call.caller,
        "version": __version__,
        "strategy": account.strategy,
        "seed": answered.seed,
        "plan": _plan(answered.plan),
        "header": {} if account.asked is None else _as_json(account.asked),
        "inputs": {} if account.digests is None else account.digests.described(),
        "rows": account.rows,
        "chosen": chosen_of(selection),
        "scores": {str(share): _finite(value) for share, value in zip(SHARES, quantiles(selection.statistics), strict=True)},
        "guarded": selection.guarded_tallies,
        "seconds": {name.lower(): round(spent, 6) for name, spent in account.stages.seconds.items() if spent},
        "call_seconds": round(seconds, 6),
        "warnings": [code for code, _ in selection.warnings],
    }
    if call.trace.parent:
        line["traceparent"] = call.trace.parent
    if account.verdict:
        line["verdict"] = account.verdict
    return line


def chosen_of(selection: Selection) -> dict[str, Any]:
    """Return what was chosen: how many, the first of them, and a digest of all rows and scores.

    The digest is the SHA-256 of the rows as little-endian INT64, then the scores as FLOAT64: it changes with a single bit of either.
    """
    digest = hashlib.sha256(selection.indices.astype("<i8").tobytes())
    digest.update(selection.scores.astype("<f8").tobytes())
    found: dict[str, Any] = {
        "count": len(selection.indices),
        "rows": selection.indices[:MOST_LISTED].tolist(),
        "sha256": digest.hexdigest(),
    }
    if selection.keys is not None:
        found["keys"] = selection.keys[:MOST_LISTED].tolist()
    return found


@functools.lru_cache(maxsize=256)
def _plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON has it; callers mostly ask for the same few."""
    return _as_json(encode_plan(plan))


def _as_json(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
