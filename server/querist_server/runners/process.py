"""Worker processes as a whole: started when needed, lent for one request at a time, replaced when they die or are taken over."""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from querist_server.engine.errors import Cancelled, EngineError, LimitError
from querist_server.runners import answers, child, frames
from querist_server.runners.child import POLL_SECONDS, Checkpoint, ShortOfMemory, TookTooLong, WorkerDied, WorkerProcess
from querist_server.runners.confinement import Confinement
from querist_server.runners.store import Value

T = TypeVar("T")

CAUSES = ("died", "memory", "time", "caller", "replaced")
"""Why a process ended: it died or told what cannot be, took more memory or time than it may, its call ended in the middle, or a new one
took its place."""


class WorkerPool:
    """A bounded number of worker processes, started when they are first needed. Thread-safe.

    Parameters
    ----------
    processes : int
        Most processes.
    threads : int
        Threads of each.
    confinement : Confinement
        Limits of each.
    """

    def __init__(self, processes: int, threads: int, confinement: Confinement | None = None) -> None:
        self._threads, self._confinement = threads, confinement or Confinement()
        self._places: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        for _ in range(processes):
            self._places.put(None)
        self._started: set[WorkerProcess] = set()
        self.starts = 0
        """Processes that were started."""
        self.ends = Counter(dict.fromkeys(CAUSES, 0))
        """Processes that ended before the server, by cause."""
        self._lock = threading.Lock()
        self._directory = tempfile.TemporaryDirectory(prefix="querist-worker-")
        Path(self._directory.name).chmod(0o500)
        # Processes end with the thread that started them (`sandbox.die_with`), so that must be one that lives as long as this pool.
        self._starter = ThreadPoolExecutor(1, "querist-model-starter")

    def load(
        self, digest: str, runnable: bytes, maps: frozenset[str], checkpoint: Checkpoint
    ) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        """Load a model and return its inputs and outputs.

        Parameters
        ----------
        digest : str
        runnable : bytes
        maps : frozenset of str
            Outputs that were label-to-probability maps.
        checkpoint : callable
            Raises if the caller has gone; the process is killed then.

        Raises
        ------
        EngineError
            MODEL_INVALID if it cannot be loaded, MODEL_WORKER_DIED if the process dies of it, LIMIT_EXCEEDED if it takes too much.
        """

        def load(worker: WorkerProcess) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
            header = _loaded(worker, digest, runnable, checkpoint)
            try:
                return answers.values_of(header, "inputs", maps), answers.values_of(header, "outputs", maps)
            except frames.BadFrame as error:
                worker.kill()
                raise WorkerDied(f"the process that loaded the model told of {error} and was ended") from error

        return self._on_a_worker(load, checkpoint)

    def run(
        self,
        digest: str,
        runnable: Callable[[], bytes],
        inputs: Mapping[str, npt.NDArray[Any]],
        outputs: Mapping[str, int],
        checkpoint: Checkpoint,
        tell_seconds: Callable[[float | None], None] = lambda _: None,
    ) -> frames.Arrays:
        """Run a model on one batch.

        Parameters
        ----------
        digest : str
        runnable : callable
            Returns the model's bytes; called only if the worker has not loaded it.
        inputs : mapping of str to ndarray
        outputs : mapping of str to int
            Names of the outputs that are wanted, and the most bytes of each.
        checkpoint : callable
            Raises if the caller has gone; the process is killed then.
        tell_seconds : callable
            Told how long the model took by the process's own word; None if it gave none that can be true.

        Raises
        ------
        EngineError
            MODEL_FAILED if the model fails, MODEL_OUTPUT_INVALID if it gives too much, MODEL_WORKER_DIED if the process dies,
            LIMIT_EXCEEDED if it takes too much memory or time.
        """
        question = {"do": "run", "digest": digest, "outputs": dict(outputs)}

        def run(worker: WorkerProcess) -> tuple[dict[str, Any], frames.Arrays]:
            started = time.perf_counter()
            answered = worker.ask(question, inputs, outputs, checkpoint)
            if answered[0].get("missing"):
                _loaded(worker, digest, runnable(), checkpoint)
                started = time.perf_counter()
                answered = worker.ask(question, inputs, outputs, checkpoint)
            tell_seconds(answers.seconds_of(answered[0], time.perf_counter() - started))
            return answered

        header, arrays = self._on_a_worker(run, checkpoint)
        if "failed" in header:
            raise EngineError("MODEL_FAILED", f"the model failed: {answers.text_of(header['failed'])}", field="models")
        if "large" in header:
            allowed = ", ".join(f"{most:,} of {name}" for name, most in outputs.items())
            message = f"an output is too large: {answers.text_of(header['large'])}; allowed for these rows are, in bytes, {allowed}"
            raise EngineError("MODEL_OUTPUT_INVALID", message, field="models")
        if arrays.keys() != outputs.keys():
            raise EngineError("MODEL_WORKER_DIED", "the process that ran the model did not answer", field="models")
        return arrays

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that run."""
        with self._lock:
            return [worker.pid for worker in self._started if worker.alive]

    @property
    def models_loaded(self) -> int:
        """Models that are loaded, counted once for each process that has them."""
        with self._lock:
            return sum(worker.models for worker in self._started if worker.alive)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._started:
                worker.kill()
            self._started.clear()
        self._starter.shutdown()
        self._directory.cleanup()

    def _on_a_worker(self, act: Callable[[WorkerProcess], T], checkpoint: Checkpoint) -> T:
        """Let a process do something; if it runs short of memory that earlier models may have taken, let a new one try once more."""
        for again in (False, True):
            worn = False
            try:
                with self._worker(checkpoint, fresh=again) as worker:
                    worn = not worker.fresh
                    return act(worker)
            except ShortOfMemory as error:
                if not worn:
                    most = self._confinement.memory_bytes
                    message = f"{error}; this server's model_memory_bytes is {most}"
                    raise LimitError(message, limit="model_memory_bytes", allowed=most, field="models") from error
            except TookTooLong as error:
                most = self._confinement.cpu_seconds
                raise LimitError(
                    f"{error}; this server's model_cpu_seconds is {most}", limit="model_cpu_seconds", allowed=most, field="models"
                ) from error
            except WorkerDied as error:
                raise EngineError("MODEL_WORKER_DIED", f"{error}; the server goes on with a new one", field="models") from error
        raise AssertionError("a new process has nothing of earlier models")

    @contextmanager
    def _worker(self, checkpoint: Checkpoint, *, fresh: bool) -> Iterator[WorkerProcess]:
        """Lend a process for one request, and take it back if it still lives."""
        worker = self._free_place(checkpoint)
        cause = "died"
        try:
            if worker is None or not worker.alive or fresh:
                self._forget(worker, "replaced" if worker is not None and worker.alive else "died")
                worker = None
                worker = self._start()
                self._check(worker, checkpoint)
            yield worker
        except BaseException as error:
            cause = _cause_of(error)
            raise
        finally:
            if worker is not None and not worker.alive:
                self._forget(worker, cause)
                worker = None
            self._places.put(worker)

    def _free_place(self, checkpoint: Checkpoint) -> WorkerProcess | None:
        while True:
            try:
                return self._places.get(timeout=POLL_SECONDS)
            except queue.Empty:
                checkpoint()

    def _start(self) -> WorkerProcess:
        try:
            directory = Path(self._directory.name)
            worker = self._starter.submit(WorkerProcess, self._threads, self._confinement, directory).result()
        except (OSError, RuntimeError) as error:
            problem = getattr(error, "strerror", None) or type(error).__name__
            raise EngineError("MODEL_WORKER_DIED", f"no process for models can be started now: {problem}", field="models") from error
        with self._lock:
            self._started.add(worker)
            self.starts += 1
        return worker

    def _check(self, worker: WorkerProcess, checkpoint: Checkpoint) -> None:
        """Wait until a process is ready, and end it if it must be confined and is not."""
        if worker.greet(checkpoint) and self._confinement.required:
            worker.kill()
            raise EngineError("MODEL_WORKER_DIED", "the process for models cannot be confined, which this server requires", field="models")

    def _forget(self, worker: WorkerProcess | None, cause: str) -> None:
        if worker is not None:
            worker.kill()
            with self._lock:
                self._started.discard(worker)
                self.ends[cause] += 1


def _cause_of(error: BaseException) -> str:
    causes: dict[type[BaseException], str] = {ShortOfMemory: "memory", TookTooLong: "time", Cancelled: "caller"}
    return causes.get(type(error), "died")


def _loaded(worker: WorkerProcess, digest: str, runnable: bytes, checkpoint: Checkpoint) -> dict[str, Any]:
    header = child.load(worker, digest, runnable, checkpoint)
    if "failed" in header:
        raise EngineError("MODEL_INVALID", f"the model cannot be loaded: {answers.text_of(header['failed'])}")
    worker.digests.add(digest)
    return header
