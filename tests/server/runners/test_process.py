import os
import signal
import threading
import time

import numpy as np
import pytest
from onnx_models import X, endless, exported, linear
from querist_server.engine.errors import Cancelled, EngineError, LimitError
from querist_server.runners import answers
from querist_server.runners.confinement import Confinement
from querist_server.runners.process import WorkerPool
from sklearn.linear_model import LogisticRegression

MOST = 2**26
"""Bytes that an output may have."""


@pytest.fixture
def pool():
    pool = WorkerPool(1, 1)
    yield pool
    pool.close()


def nothing():
    pass


def run(pool, onnx, name="m", checkpoint=nothing, rows=X, outputs=("logits",)):
    return pool.run(name, lambda: onnx, {"x": rows}, dict.fromkeys(outputs, MOST), checkpoint)


def test_a_worker_gives_what_the_model_gives(pool):
    out = run(pool, linear(), outputs=("logits", "embeddings"))
    np.testing.assert_array_equal(out["embeddings"], X)
    assert out["logits"].shape == (150, 3)


def test_large_batches_cross_the_pipe(pool):
    rows = np.random.default_rng(0).random((300_000, 4), np.float32)
    np.testing.assert_array_equal(run(pool, linear(), rows=rows, outputs=("logits", "embeddings"))["embeddings"], rows)


def test_a_failing_model_is_an_error_and_the_worker_goes_on(pool):
    run(pool, linear())
    worker = pool.pids
    with pytest.raises(EngineError) as caught:
        run(pool, linear(), rows=np.ones((3, 7), np.float32))
    assert caught.value.reason == "MODEL_FAILED"
    run(pool, linear())
    assert pool.pids == worker


def test_a_model_that_cannot_be_loaded_is_invalid(pool):
    with pytest.raises(EngineError) as caught:
        pool.load("bad", exported(LogisticRegression().fit(X, np.arange(150) % 2))[:-40], frozenset(), nothing)
    assert caught.value.reason == "MODEL_INVALID"


def test_a_killed_worker_is_an_error_for_its_call_and_nothing_more(pool):
    run(pool, linear())
    (worker,) = pool.pids
    failures = []

    def call():
        try:
            run(pool, endless(), "endless")
        except EngineError as error:
            failures.append(error.reason)

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(1)
    os.kill(worker, signal.SIGKILL)
    thread.join(10)
    assert failures == ["MODEL_WORKER_DIED"]
    assert run(pool, linear())["logits"].shape == (150, 3)
    assert pool.pids != [worker]


def test_a_caller_that_goes_ends_an_endless_model(pool):
    started = time.monotonic()

    def checkpoint():
        if time.monotonic() - started > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(pool, endless(), "endless", checkpoint)
    assert time.monotonic() - started < 3
    assert run(pool, linear())["logits"].shape == (150, 3)


def test_a_caller_that_goes_while_it_waits_for_a_worker_is_let_go(pool):
    gone = threading.Event()

    def checkpoint():
        if gone.is_set():
            raise Cancelled

    def call():
        with pytest.raises(Cancelled):
            run(pool, endless(), "endless", checkpoint)

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.5)

    def impatient():
        raise Cancelled

    with pytest.raises(Cancelled):
        run(pool, linear(), checkpoint=impatient)
    gone.set()
    thread.join(10)
    assert not thread.is_alive()


def test_closing_ends_the_processes(pool):
    run(pool, linear())
    (worker,) = pool.pids
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_starts_and_ends_are_counted_by_cause(pool):
    run(pool, linear())
    run(pool, linear(), name="another")
    run(pool, linear(), name="another")
    assert (pool.starts, sum(pool.ends.values()), pool.models_loaded) == (1, 0, 2)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert pool.models_loaded == 0
    run(pool, linear())
    assert (pool.starts, pool.ends["died"], pool.models_loaded) == (2, 1, 1)
    gone = time.monotonic() + 1

    def checkpoint():
        if time.monotonic() > gone:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(pool, endless(), name="endless", checkpoint=checkpoint)
    assert {cause: count for cause, count in pool.ends.items() if count} == {"died": 1, "caller": 1}


def test_a_model_that_takes_too_long_ends_its_process_by_that_cause():
    pool = WorkerPool(1, 1, Confinement(2**31, 1, False))
    try:
        with pytest.raises(LimitError):
            run(pool, endless(), name="endless")
        assert {cause: count for cause, count in pool.ends.items() if count} == {"time": 1}
    finally:
        pool.close()


def test_the_process_says_how_long_the_model_took(pool):
    said = []
    started = time.perf_counter()
    pool.run("m", linear, {"x": X}, {"logits": MOST}, nothing, said.append)
    assert 0 < said[0] <= time.perf_counter() - started


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1e-9, 2.5, True, "0.1", None, [0.1], 10**400])
def test_a_time_that_cannot_be_true_is_not_believed(seconds):
    assert answers.seconds_of({"seconds": seconds}, 2.0) is None
    assert answers.seconds_of({"seconds": 1}, 2.0) == 1.0
