import json
import logging

import pytest
from querist_server import telemetry


@pytest.fixture
def lines(capsys):
    yield lambda: capsys.readouterr().err.splitlines()
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
