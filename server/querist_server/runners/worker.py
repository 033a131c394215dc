"""The process that runs models: frames in on standard input, frames out on standard output.

    first, unasked                                                            -> {"possible": [what the sandbox cannot prevent]}
    {"do": "load", "digest"}                     with an array "model"        -> {"inputs": [...], "outputs": [...]}
    {"do": "run", "digest", "outputs": {name: most bytes}}, inputs as arrays  -> the outputs as arrays with {"seconds"} that the model
                                                                                 took, or {"missing": true}

A model that fails answers {"failed": message}, and the process goes on; {"exhausted": message} if memory was short;
{"large": [name, bytes]} if an output is larger than asked for.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import time
from collections import OrderedDict
from typing import Any, BinaryIO

import numpy as np
import onnxruntime

from querist_server.runners import frames, sandbox

_SHORT_OF_MEMORY = re.compile(r"bad_alloc|bad allocation|[Ff]ailed to allocate|[Oo]ut of memory|Unable to allocate|std::length_error")
_WARM_UP = base64.b64decode(
    "CAg6TQoRCgF4CgF3EgF5IgZNYXRNdWwSAWcqDwgBCAEQASIEAACAP0IBd1oRCgF4EgwKCggBEgYKAAoCCAFiEQoBeRIMCgoIARIGCgAKAggBQgQKABAP"
)
"""y = x w with one weight, in ONNX: loading and running it makes the runtime open all files that it will ever need."""


class Sessions:
    """Loaded models by digest.

    Parameters
    ----------
    threads : int
        Threads that one operator may use.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._loaded: OrderedDict[str, onnxruntime.InferenceSession] = OrderedDict()

    def load(self, digest: str, onnx: bytes) -> onnxruntime.InferenceSession:
        """Load a model."""
        self._loaded[digest] = session = _session(onnx, self._threads)
        while len(self._loaded) > frames.MOST_SESSIONS:
            self._loaded.popitem(last=False)
        return session

    def get(self, digest: str) -> onnxruntime.InferenceSession | None:
        """Return a loaded model, or None."""
        if digest in self._loaded:
            self._loaded.move_to_end(digest)
        return self._loaded.get(digest)


def answer(sessions: Sessions, header: dict[str, Any], arrays: frames.Arrays) -> list[memoryview]:
    """Do what a frame asks."""
    digest = header["digest"]
    if header["do"] == "load":
        session = sessions.load(digest, arrays["model"].tobytes())
        return frames.pack({"inputs": _values(session.get_inputs()), "outputs": _values(session.get_outputs())})
    session = sessions.get(digest)
    if session is None:
        return frames.pack({"missing": True})
    most = header["outputs"]
    started = time.perf_counter()
    outputs = dict(zip(most, session.run(list(most), arrays), strict=True))
    seconds = time.perf_counter() - started
    for name, output in outputs.items():
        if not isinstance(output, np.ndarray) or output.dtype.str not in frames.DTYPES:
            return frames.pack({"failed": f"the output {name} is no tensor of numbers"})
        if output.nbytes > most[name]:
            return frames.pack({"large": [name, output.nbytes]})
    return frames.pack({"seconds": seconds}, outputs)


def _session(onnx: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # an arena never gives back what one model took
    options.add_session_config_entry("session.load_model_format", "ONNX")  # and not the runtime's own, which is trusted blindly
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a spinning thread would starve the server
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def _values(arguments: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": argument.name,
            "type": argument.type,
            "shape": [length if isinstance(length, int) else -1 for length in argument.shape or []],
        }
        for argument in arguments
    ]


def serve(source: BinaryIO, sink: BinaryIO, sessions: Sessions, cpu_seconds: int) -> None:
    """Answer frames until the source ends."""

    def read(size: int) -> bytearray:
        buffer = bytearray(size)
        filled = 0
        view = memoryview(buffer)
        while filled < size:
            got = source.readinto(view[filled:])  # type: ignore[attr-defined]
            if not got:
                raise EOFError
            filled += got
        return buffer

    while True:
        sandbox.allow_processor_seconds(cpu_seconds)
        try:
            header, arrays = frames.unpack(read)
        except EOFError:
            return
        sandbox.allow_processor_seconds(cpu_seconds)
        try:
            pieces = answer(sessions, header, arrays)
        except Exception as error:  # noqa: BLE001 - whatever a model does wrong is an answer, not the end
            pieces = frames.pack(_failure(error))
        _send(sink, pieces)
        del arrays, pieces  # or they stay until the next request


def _failure(error: Exception) -> dict[str, str]:
    message = str(error)[:2000]
    short = isinstance(error, MemoryError) or _SHORT_OF_MEMORY.search(message)
    return {"exhausted" if short else "failed": message or type(error).__name__}


def _send(sink: BinaryIO, pieces: list[memoryview]) -> None:
    for piece in pieces:
        sink.write(piece)
    sink.flush()


def main() -> None:
    """Confine this process, then talk on the pipes that the server opened, and keep everything else that writes away from them."""
    threads, memory_bytes, cpu_seconds, parent = map(int, sys.argv[1:])
    sandbox.die_with(parent)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 0)
    os.dup2(2, 1)
    _session(_WARM_UP, threads).run(None, {"x": np.ones((1, 1), np.float32)})
    possible = [*sandbox.confine(memory_bytes), *sandbox.close()]
    _send(sink, frames.pack({"possible": possible}))
    serve(source, sink, Sessions(threads), cpu_seconds)
    os._exit(0)  # an interpreter's own end wants files


if __name__ == "__main__":
    main()
