"""One worker process from the server's side. The server believes nothing that it says: a model may have taken it over."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.runners import frames, sandbox
from querist_server.runners.confinement import Confinement

POLL_SECONDS = 0.05
"""How long a caller that has gone may go unnoticed."""
PIPE_BYTES = 2**20

Checkpoint = Callable[[], None]


class WorkerDied(Exception):  # noqa: N818 - says what happened
    """The process ended while it was asked something."""


class TookTooLong(WorkerDied):
    """The process used up its processor seconds."""


class ShortOfMemory(WorkerDied):
    """The process had no memory left, and was ended so that what it took goes back."""


class WorkerProcess:
    """One process that runs models, one request at a time.

    Parameters
    ----------
    threads : int
        Threads that it computes with.
    confinement : Confinement
    directory : Path
        Where it works: an empty directory, since a model must not find files by a relative path.

    Raises
    ------
    OSError
        If the system gives no process or no pipes.
    """

    def __init__(self, threads: int, confinement: Confinement, directory: Path) -> None:
        self.fresh = True
        """Whether it has not been asked anything yet."""
        self.digests: set[str] = set()
        """Models that it has loaded at some time."""
        settings = map(str, (threads, confinement.memory_bytes, confinement.cpu_seconds, os.getpid()))
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "querist_server.runners.worker", *settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
            env=sandbox.environment(),
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("a process started with pipes has them")
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._in, self._out):
            os.set_blocking(pipe, False)
            if hasattr(fcntl, "F_SETPIPE_SZ"):
                with suppress(OSError):  # a user's pipes have a quota; small ones are only slower
                    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def models(self) -> int:
        """How many models it has loaded now."""
        return min(len(self.digests), frames.MOST_SESSIONS)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def greet(self, checkpoint: Checkpoint) -> list[str]:
        """Wait until the process is ready, and return what the sandbox cannot keep it from.

        Raises
        ------
        WorkerDied
            If it ends before.
        """
        possible = self._guarded(lambda: frames.unpack(lambda size: self._read(size, checkpoint), {}))[0].get("possible")
        return possible if isinstance(possible, list) else ["it does not say what"]

    def ask(
        self, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], most: Mapping[str, int], checkpoint: Checkpoint
    ) -> tuple[dict[str, Any], frames.Arrays]:
        """Send a frame and return the answer.

        Parameters
        ----------
        header : mapping
        arrays : mapping of str to ndarray
        most : mapping of str to int
            The arrays that may come back, and the most bytes of each.
        checkpoint : callable

        Raises
        ------
        WorkerDied
            If the process ends before it has answered, or answers what it was not asked; it is killed then.
        Exception
            Whatever `checkpoint` raises; the process is killed then, since it cannot be stopped in the middle otherwise.
        """
        self.fresh = False

        def converse() -> tuple[dict[str, Any], frames.Arrays]:
            if self._ready(self._out, select.POLLIN, 0):
                raise frames.BadFrame("an answer before the question")
            for piece in frames.pack(header, arrays):
                self._write(piece, checkpoint)
            answer, outputs = frames.unpack(lambda size: self._read(size, checkpoint), most)
            if not answer.keys() & {"failed", "large", "missing", "exhausted"} and outputs.keys() != most.keys():
                raise frames.BadFrame("fewer arrays than were asked for")
            return answer, outputs

        answer, outputs = self._guarded(converse)
        if "exhausted" in answer:
            self.kill()
            raise ShortOfMemory("the model needs more memory than it may take")
        return answer, outputs

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def _guarded(self, converse: Callable[[], tuple[dict[str, Any], frames.Arrays]]) -> tuple[dict[str, Any], frames.Arrays]:
        """Talk to the process, and kill it if that breaks off in the middle."""
        try:
            return converse()
        except (BrokenPipeError, EOFError) as error:
            self.kill()
            status = self._process.returncode
            if status == -signal.SIGXCPU:
                raise TookTooLong("the model used up its processor time") from error
            raise WorkerDied(f"the process that ran the model ended with status {status}") from error
        except frames.BadFrame as error:
            self.kill()
            raise WorkerDied(f"the process that ran the model sent {error} and was ended") from error
        except BaseException:
            self.kill()
            raise

    def _write(self, piece: memoryview, checkpoint: Checkpoint) -> None:
        while len(piece):
            try:
                piece = piece[os.write(self._in, piece) :]
            except BlockingIOError:
                self._wait(self._in, select.POLLOUT, checkpoint)

    def _read(self, size: int, checkpoint: Checkpoint) -> bytearray:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while len(view):
            try:
                got = os.readv(self._out, [view])
            except BlockingIOError:
                self._wait(self._out, select.POLLIN, checkpoint)
                continue
            if not got:
                raise EOFError
            view = view[got:]
        return buffer

    def _wait(self, pipe: int, event: int, checkpoint: Checkpoint) -> None:
        checkpoint()
        self._ready(pipe, event, POLL_SECONDS)

    @staticmethod
    def _ready(pipe: int, event: int, seconds: float) -> bool:
        poll = select.poll()  # not select(), which takes no file numbers above 1023
        poll.register(pipe, event)
        return bool(poll.poll(seconds * 1000))


def load(worker: WorkerProcess, digest: str, runnable: bytes, checkpoint: Checkpoint) -> dict[str, Any]:
    """Let a process load a model, and return its answer."""
    model = np.frombuffer(runnable, "u1")
    return worker.ask({"do": "load", "digest": digest}, {"model": model}, {}, checkpoint)[0]
