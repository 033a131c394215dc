"""Workers that were taken over, run out of something, or cannot be started: the call ends with a typed error, and the next one works."""

import errno
import io
import json
import os
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
from malicious_models import growing, node, numbers, whole
from onnx_models import X, endless, linear, values
from querist_server.engine.errors import EngineError, LimitError
from querist_server.runners import answers, child, frames, process
from querist_server.runners.confinement import Confinement
from querist_server.runners.process import WorkerPool

MOST = 2**24


def nothing():
    pass


@pytest.fixture
def pool():
    pool = WorkerPool(1, 1, Confinement(256 * 2**20, 300, False))
    yield pool
    pool.close()


def run(pool, onnx, name="m", outputs=("logits",), most=MOST):
    return pool.run(name, lambda: onnx, {"x": X}, dict.fromkeys(outputs, most), nothing)


def works(pool) -> bool:
    return run(pool, linear(), "honest")["logits"].shape == (150, 3)


def frame(header: object, content: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + content


FORGED = {
    "endless header": struct.pack("<I", 2**32 - 1) + b"{}",
    "no JSON": frame(b"{"),
    "deep JSON": frame(b"[" * 500_000),
    "long number": frame(b'{"arrays": [["logits", "<f4", [' + b"9" * 5000 + b"]]]}"),
    "a list": frame([]),
    "no arrays": frame({}),
    "arrays that are none": frame({"arrays": 7}),
    "an array that is none": frame({"arrays": [7]}),
    "objects": frame({"arrays": [["logits", "|O", [1]]]}, b"\0" * 8),
    "records": frame({"arrays": [["logits", "<f4,|O", [1]]]}, b"\0" * 16),
    "no type": frame({"arrays": [["logits", ["<f4"], [1]]]}, b"\0" * 4),
    "negative length": frame({"arrays": [["logits", "<f4", [-1]]]}),
    "two negative lengths": frame({"arrays": [["logits", "<f4", [-2, -2]]]}, b"\0" * 16),
    "fractional length": frame({"arrays": [["logits", "<f4", [1.5]]]}),
    "boolean length": frame({"arrays": [["logits", "<f4", [True]]]}, b"\0" * 4),
    "a terabyte": frame({"arrays": [["logits", "<f8", [2**37]]]}),
    "overflow": frame({"arrays": [["logits", "<f8", [2**39, 2**39]]]}),
    "many dimensions": frame({"arrays": [["logits", "<f4", [1] * 60]]}, b"\0" * 4),
    "another array": frame({"arrays": [["secret", "<f4", [1]]]}, b"\0" * 4),
    "one array twice": frame({"arrays": [["logits", "<f4", [1]], ["logits", "<f4", [1]]]}, b"\0" * 8),
    "no array": frame({"arrays": []}),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_a_worker_forges_ends_the_worker(monkeypatch, pool, forged):
    """A program that greets as workers do, and then answers whatever it likes."""
    greeting = frame({"possible": [], "arrays": []})
    program = f"import sys; out = sys.stdout.buffer; out.write({greeting!r}); out.flush(); sys.stdin.buffer.read(50); "
    program += f"out.write({FORGED[forged][:600_000]!r}); out.flush(); sys.stdin.buffer.read()"
    start = subprocess.Popen

    def forge(command, **arguments):
        return start([sys.executable, "-c", program], **arguments)

    if len(program) > 100_000:
        monkeypatch.setattr(child.subprocess, "Popen", lambda command, **rest: start([sys.executable, "-c", DEEP], **rest))
    else:
        monkeypatch.setattr(child.subprocess, "Popen", forge)
    with pytest.raises(EngineError, match=r"sent|ended") as caught:
        run(pool, linear())
    assert caught.value.reason == "MODEL_WORKER_DIED"
    assert pool.pids == []
    monkeypatch.undo()
    assert works(pool)


DEEP = f"""
import struct, sys
out = sys.stdout.buffer
out.write({frame({"possible": [], "arrays": []})!r})
out.flush()
sys.stdin.buffer.read(50)
out.write(struct.pack("<I", 500000) + b"[" * 500000)
out.flush()
sys.stdin.buffer.read()
"""


def test_a_forged_frame_allocates_nothing():
    source = io.BytesIO(FORGED["a terabyte"])
    asked = []

    def read(size: int) -> bytearray:
        asked.append(size)
        return bytearray(source.read(size))

    with pytest.raises(frames.BadFrame):
        frames.unpack(read, {"logits": MOST})
    assert max(asked) < 200


def test_an_answer_before_the_question_ends_the_worker(monkeypatch, pool):
    greeting = frame({"possible": [], "arrays": []})
    program = f"import sys; sys.stdout.buffer.write({(greeting + frame({'arrays': []}))!r}); sys.stdout.flush(); sys.stdin.buffer.read()"
    start = subprocess.Popen
    monkeypatch.setattr(child.subprocess, "Popen", lambda command, **rest: start([sys.executable, "-c", program], **rest))
    with pytest.raises(EngineError, match=r"before the question|sent"):
        run(pool, linear())


def test_memory_that_runs_short_is_a_limit_and_the_worker_is_replaced(pool):
    assert works(pool)
    before = pool.pids
    with pytest.raises(LimitError) as caught:
        run(pool, growing(), "bomb")
    assert (caught.value.limit, caught.value.allowed) == ("model_memory_bytes", 256 * 2**20)
    assert works(pool)
    assert pool.pids != before


def test_processor_seconds_that_run_out_are_a_limit():
    pool = WorkerPool(1, 1, Confinement(256 * 2**20, 1, False))
    try:
        assert works(pool)
        with pytest.raises(LimitError) as caught:
            run(pool, endless(), "endless")
        assert (caught.value.limit, caught.value.allowed) == ("model_cpu_seconds", 1)
        assert works(pool)
    finally:
        pool.close()


def test_an_output_that_is_too_large_never_reaches_the_server(pool):
    wide = whole([node("ConstantOfShape", ["n"], ["logits"])], [numbers("n", 150, 2**16)], outputs=[values("logits", None, None)])
    with pytest.raises(EngineError, match="39321600") as caught:
        run(pool, wide)
    assert caught.value.reason == "MODEL_OUTPUT_INVALID"
    assert works(pool)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.EAGAIN])
def test_a_process_that_cannot_be_started_is_an_error_for_its_call(monkeypatch, pool, number):
    def refuse(*arguments, **named):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(process, "WorkerProcess", refuse)
    with pytest.raises(EngineError) as caught:
        run(pool, linear())
    assert caught.value.reason == "MODEL_WORKER_DIED"
    monkeypatch.undo()
    assert works(pool)


def test_no_file_numbers_left_is_an_error_for_its_call(pool):
    held = []
    try:
        with pytest.raises(OSError):  # noqa: PT011 - whichever limit comes first
            while len(held) < 200_000:
                held.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(EngineError) as caught:
            run(pool, linear())
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert caught.value.reason == "MODEL_WORKER_DIED"
    assert works(pool)


def test_a_process_that_is_not_confined_is_not_used_where_that_is_required(monkeypatch):
    pool = WorkerPool(1, 1, Confinement(256 * 2**20, 300, True))
    try:
        assert works(pool)
        (worker,) = pool.pids
        os.kill(worker, 9)
        while pool.pids:
            time.sleep(0.01)
        monkeypatch.setattr(process.WorkerProcess, "greet", lambda self, checkpoint: ["a socket is possible"])
        with pytest.raises(EngineError, match="confined"):
            works(pool)
        assert pool.pids == []
    finally:
        pool.close()


def test_what_a_worker_says_is_cut_and_has_no_paths():
    said = f"bad node /layer1/conv {sys.prefix}/lib/x /onnxruntime_src/core/graph.cc:12 void f()\n\x00" + "x" * 5000
    text = answers.text_of(said)
    assert "/layer1/conv" in text
    assert sys.prefix not in text
    assert "onnxruntime_src" not in text
    assert "\n" not in text
    assert len(text) < 600


@pytest.mark.parametrize(
    "said",
    [{}, {"inputs": 7}, {"inputs": [7]}, {"inputs": [{"name": "x" * 10_000, "type": "t", "shape": []}]},
     {"inputs": [{"name": "x", "type": "t", "shape": [1.5]}]}, {"inputs": [{"name": "x", "type": "t", "shape": [1]}] * 1000}],
)  # fmt: skip
def test_inputs_that_no_model_has_are_not_believed(said):
    with pytest.raises(frames.BadFrame):
        answers.values_of(said, "inputs", frozenset())


def test_arrays_cross_in_frames_as_they_are():
    sent = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.zeros((0, 4), "i8")}
    source = io.BytesIO(b"".join(bytes(piece) for piece in frames.pack({"k": 1}, sent)))
    header, came = frames.unpack(lambda size: bytearray(source.read(size)), {"a": 24, "b": 0})
    assert header == {"k": 1}
    for name, array in sent.items():
        np.testing.assert_array_equal(came[name], array)
