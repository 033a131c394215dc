import json
import logging
import os
from contextlib import suppress

import pytest
from querist_server import log_lines, telemetry


@pytest.fixture
def lines(capsys):
    def read():
        for handler in logging.getLogger("querist").handlers:
            handler.flush()
        return capsys.readouterr().err.splitlines()

    yield read
    telemetry.configure("INFO", "text")
    logging.getLogger("querist").handlers.clear()


def test_text_lines_are_pairs_and_awkward_values_are_quoted(lines):
    telemetry.configure("INFO", "text")
    telemetry.CALLS.info("call", extra={"fields": {"code": "OK", "seconds": 0.00123456789, "error": 'a "b" = c\nd', "empty": ""}})
    telemetry.CALLS.debug("not said")
    (line,) = lines()
    assert ' level=INFO message=call code=OK seconds=0.00123457 error="a \\"b\\" = c\\nd" empty=""' in line


def test_json_lines_hold_the_traceback(lines):
    telemetry.configure("WARNING", "json")
    telemetry.SERVER.error("defect", exc_info=RuntimeError("why"), extra={"fields": {"request_id": "x"}})
    (line,) = lines()
    fields = json.loads(line)
    assert (fields["level"], fields["request_id"]) == ("ERROR", "x")
    assert "RuntimeError: why" in fields["traceback"]


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("querist", logging.INFO, "", 0, text, None, None)


def test_a_reader_that_stands_still_holds_nobody_up_and_hears_how_much_it_missed(monkeypatch):
    monkeypatch.setattr(log_lines, "MOST_LINES", 100)
    monkeypatch.setattr(log_lines, "LAST_SECONDS", 0.1)
    out, into = os.pipe()
    # The reader goes first, while the handler still has lines for it.
    with suppress(BrokenPipeError), os.fdopen(into, "w") as stream, os.fdopen(out) as reader:
        handler = log_lines.PatientHandler(stream)
        for _ in range(1000):  # ten times more than pipe and queue hold
            handler.emit(record("x" * 1000))
        handler.flush()
        heard: list[str] = []
        while not any("left out" in line for line in heard):
            handler.emit(record("one more"))  # so that there is always a line to read
            heard.append(reader.readline())
    said = sum(line == "x" * 1000 + "\n" for line in heard)
    assert said + int(next(line for line in heard if "left out" in line).split()[0]) <= 1000 + len(heard)


@pytest.mark.parametrize("kind", ["gone", "closed", "none", "full"])
def test_a_standard_error_that_takes_nothing_fails_no_call(kind):
    out, into = os.pipe()
    stream = None if kind == "none" else os.fdopen(os.open("/dev/full", os.O_WRONLY) if kind == "full" else into, "w")
    handler = log_lines.PatientHandler(stream)
    if kind == "closed":
        stream.close()
    os.close(out)
    for _ in range(3):
        handler.emit(record("words"))
        handler.flush()
    assert not handler._lines.unfinished_tasks
    if kind in ("gone", "full"):
        with pytest.raises(OSError, match="pipe" if kind == "gone" else "space"):
            stream.close()
