"""The process that runs models: frames in on standard input, frames out on standard output.

    {"do": "load", "digest"}                     with an array "model"        -> {"inputs": [...], "outputs": [...]}
    {"do": "run", "digest", "outputs": [...]}    with the inputs as arrays    -> the outputs as arrays, or {"missing": true}

A model that fails answers {"failed": message}, and the process goes on.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from typing import Any, BinaryIO

import onnxruntime

from querist_server.runners import frames

MOST_SESSIONS = 16
"""Models that stay loaded; the one that was not used for longest goes first."""


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
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.load_model_format", "ONNX")  # and not the runtime's own, which is trusted blindly
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a spinning thread would starve the server
        session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._loaded[digest] = session
        while len(self._loaded) > MOST_SESSIONS:
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
    outputs = session.run(header["outputs"], arrays)
    return frames.pack({}, dict(zip(header["outputs"], outputs, strict=True)))


def _values(arguments: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": argument.name,
            "type": argument.type,
            "shape": [length if isinstance(length, int) else -1 for length in argument.shape or []],
        }
        for argument in arguments
    ]


def serve(source: BinaryIO, sink: BinaryIO, threads: int) -> None:
    """Answer frames until the source ends."""
    sessions = Sessions(threads)

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
        try:
            header, arrays = frames.unpack(read)
        except EOFError:
            return
        try:
            pieces = answer(sessions, header, arrays)
        except Exception as error:  # noqa: BLE001 - whatever a model does wrong is an answer, not the end
            pieces = frames.pack({"failed": str(error)})
        for piece in pieces:
            sink.write(piece)
        sink.flush()


def main() -> None:
    """Talk on the pipes that the server opened, and keep everything else that writes away from them."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(source, sink, int(sys.argv[1]))


if __name__ == "__main__":
    main()
