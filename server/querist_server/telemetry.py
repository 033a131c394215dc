"""Log lines: how they look, and the names of their fields."""

from __future__ import annotations

import json
import logging
import sys
import time

from querist_server.log_lines import PatientHandler

CALLS = logging.getLogger("querist.calls")
"""One line for each call."""
SERVER = logging.getLogger("querist.server")
"""The server's own life."""


class _Lines(logging.Formatter):
    """Writes time, level, message and the record's ``fields`` as key=value pairs or as JSON."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        fields = {"time": stamp, "level": record.levelname, "message": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        if self._json:
            return json.dumps(fields, default=str)
        return " ".join(_plain(name, value) for name, value in fields.items())


def _plain(name: str, value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    plain = text and text.isascii() and text.isprintable() and not set(text) & set(' "=')
    return f"{name}={text if plain else json.dumps(text)}"


def configure(level: str, form: str) -> None:
    """Send the server's log lines to standard error."""
    handler = PatientHandler(sys.stderr)
    handler.setFormatter(_Lines(form))
    root = logging.getLogger("querist")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
