"""Log lines on their way out: written by a thread of its own, so that no call waits for whoever reads them, or fails with it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TextIO

MOST_LINES = 10_000
"""Lines that may wait; further ones are left out, and it is said how many."""
LAST_SECONDS = 1.0
"""How long the end of the server waits for its last lines to be read."""


class PatientHandler(logging.Handler):
    """Writes lines to a stream that may be slow, full, or gone.

    Parameters
    ----------
    stream : text file or None
        None, as Python has it for a standard error that was closed from the start, takes nothing.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self._lines: queue.Queue[str] = queue.Queue(MOST_LINES)
        self._left_out = 0
        threading.Thread(target=self._write, name="querist-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line over."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._left_out += 1

    def flush(self) -> None:
        """Wait until all is written, though not for ever."""
        until = time.monotonic() + LAST_SECONDS
        while self._lines.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.002)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            if self._left_out:
                line, self._left_out = f"{self._left_out} lines were left out: nobody read them in time\n{line}", 0
            try:
                if self._stream is not None:
                    self._stream.write(line + "\n")
                    self._stream.flush()
            except (OSError, ValueError):  # nobody reads any more, or the stream was closed
                pass
            finally:
                self._lines.task_done()
