"""Worker processes from the server's side: started when needed, watched while they work, replaced when they die."""

from __future__ import annotations

import fcntl
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.runners import frames

POLL_SECONDS = 0.05
"""How long a caller that has gone may go unnoticed."""
PIPE_BYTES = 2**20

Checkpoint = Callable[[], None]


class WorkerDied(Exception):  # noqa: N818 - says what happened
    """The process ended while it was asked something."""


class WorkerProcess:
    """One process that runs models, one request at a time.

    Parameters
    ----------
    threads : int
        Threads that it computes with.
    """

    def __init__(self, threads: int) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="querist-worker-")  # empty: a model must not find files by a relative path
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "querist_server.runners.worker", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._directory.name,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("a process started with pipes has them")
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._in, self._out):
            os.set_blocking(pipe, False)
            if hasattr(fcntl, "F_SETPIPE_SZ"):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ask(
        self, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], checkpoint: Checkpoint
    ) -> tuple[dict[str, Any], frames.Arrays]:
        """Send a frame and return the answer.

        Raises
        ------
        WorkerDied
            If the process ends before it has answered.
        Exception
            Whatever `checkpoint` raises; the process is killed then, since it cannot be stopped in the middle otherwise.
        """
        try:
            for piece in frames.pack(header, arrays):
                self._write(piece, checkpoint)
            return frames.unpack(lambda size: self._read(size, checkpoint))
        except (BrokenPipeError, EOFError) as error:
            self.kill()
            raise WorkerDied(f"the process that ran the model ended with status {self._process.returncode}") from error
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self._directory.cleanup()

    def _write(self, piece: memoryview, checkpoint: Checkpoint) -> None:
        while len(piece):
            try:
                piece = piece[os.write(self._in, piece) :]
            except BlockingIOError:
                self._wait([], [self._in], checkpoint)

    def _read(self, size: int, checkpoint: Checkpoint) -> bytearray:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while len(view):
            try:
                got = os.readv(self._out, [view])
            except BlockingIOError:
                self._wait([self._out], [], checkpoint)
                continue
            if not got:
                raise EOFError
            view = view[got:]
        return buffer

    def _wait(self, readable: list[int], writable: list[int], checkpoint: Checkpoint) -> None:
        checkpoint()
        select.select(readable, writable, [], POLL_SECONDS)


class WorkerPool:
    """A bounded number of worker processes, started when they are first needed. Thread-safe.

    Parameters
    ----------
    processes : int
        Most processes.
    threads : int
        Threads of each.
    """

    def __init__(self, processes: int, threads: int) -> None:
        self._threads = threads
        self._places: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        for _ in range(processes):
            self._places.put(None)
        self._started: set[WorkerProcess] = set()
        self._lock = threading.Lock()

    def load(self, digest: str, runnable: bytes, checkpoint: Checkpoint) -> dict[str, Any]:
        """Load a model and return its inputs and outputs.

        Raises
        ------
        EngineError
            MODEL_INVALID if it cannot be loaded, MODEL_WORKER_DIED if the process dies of it.
        """
        with self._worker(checkpoint) as worker:
            return _load(worker, digest, runnable, checkpoint)

    def run(
        self,
        digest: str,
        runnable: Callable[[], bytes],
        inputs: Mapping[str, npt.NDArray[Any]],
        outputs: list[str],
        checkpoint: Checkpoint,
    ) -> frames.Arrays:
        """Run a model on one batch.

        Parameters
        ----------
        digest : str
        runnable : callable
            Returns the model's bytes; called only if the worker has not loaded it.
        inputs : mapping of str to ndarray
        outputs : list of str
            Names of the outputs that are wanted.
        checkpoint : callable
            Raises if the caller has gone; the process is killed then.

        Raises
        ------
        EngineError
            MODEL_FAILED if the model fails, MODEL_WORKER_DIED if the process dies.
        """
        question = {"do": "run", "digest": digest, "outputs": outputs}
        with self._worker(checkpoint) as worker:
            header, arrays = worker.ask(question, inputs, checkpoint)
            if header.get("missing"):
                _load(worker, digest, runnable(), checkpoint)
                header, arrays = worker.ask(question, inputs, checkpoint)
        if "failed" in header:
            raise EngineError("MODEL_FAILED", f"the model failed: {header['failed']}", field="models")
        return arrays

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that run."""
        with self._lock:
            return [worker.pid for worker in self._started if worker.alive]

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._started:
                worker.kill()
            self._started.clear()

    @contextmanager
    def _worker(self, checkpoint: Checkpoint) -> Iterator[WorkerProcess]:
        """Lend a process for one request, and take it back if it still lives."""
        worker = self._free_place(checkpoint)
        try:
            if worker is None or not worker.alive:
                self._forget(worker)
                worker = self._start()
            yield worker
        except WorkerDied as error:
            raise EngineError("MODEL_WORKER_DIED", f"{error}; the server goes on with a new one", field="models") from error
        finally:
            if worker is not None and not worker.alive:
                self._forget(worker)
                worker = None
            self._places.put(worker)

    def _free_place(self, checkpoint: Checkpoint) -> WorkerProcess | None:
        while True:
            try:
                return self._places.get(timeout=POLL_SECONDS)
            except queue.Empty:
                checkpoint()

    def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self._threads)
        with self._lock:
            self._started.add(worker)
        return worker

    def _forget(self, worker: WorkerProcess | None) -> None:
        if worker is not None:
            worker.kill()
            with self._lock:
                self._started.discard(worker)


def _load(worker: WorkerProcess, digest: str, runnable: bytes, checkpoint: Checkpoint) -> dict[str, Any]:
    model = np.frombuffer(runnable, "u1")
    header, _ = worker.ask({"do": "load", "digest": digest}, {"model": model}, checkpoint)
    if "failed" in header:
        raise EngineError("MODEL_INVALID", f"the model cannot be loaded: {header['failed']}")
    return header
