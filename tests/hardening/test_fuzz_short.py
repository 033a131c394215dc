"""A short version of `make fuzz`: some thousand inputs made by grammar, and the watch that looks for crashes."""

import random

import fuzz_messages
import fuzz_watch
import pytest
from fuzz_targets import TARGETS
from fuzz_watch import Watch
from querist_server.engine.errors import EngineError

INPUTS = {"decoder": 800, "plan": 800, "state": 150, "model": 300, "selection": 150, "crowd": 150}


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_is_a_defect(target, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_watch, "CRASHES", tmp_path)
    monkeypatch.setattr(fuzz_watch, "MOST_SECONDS", 60.0)  # of a machine that may be slow
    watch = Watch(target, TARGETS[target].run)
    for number in range(INPUTS[target]):
        watch(fuzz_messages.made(target, random.Random(number)))
    assert watch.crashes == {}
    assert watch.answers > 10, "too few inputs get so far as to be answered"
    assert len(watch.reasons) > 1


def test_the_watch_sees_crashes_and_keeps_their_inputs(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_watch, "CRASHES", tmp_path)

    def run(data: bytes) -> None:
        if data == b"refused":
            raise EngineError("FIELD_MISSING", "missing")
        if data == b"unknown":
            raise EngineError("NEVER_HEARD_OF", "x")
        if data == b"defect":
            raise ValueError("a defect")

    watch = Watch("decoder", run)
    watch(b"refused")
    assert not watch.crashes
    for data in (b"unknown", b"defect", b"defect"):
        watch(data)
    assert len(watch.crashes) == 2
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"unknown", b"defect"}
    monkeypatch.setattr(fuzz_watch, "MOST_SECONDS", -1.0)
    watch(b"slow")
    assert set(watch.crashes) >= {"slow"}
