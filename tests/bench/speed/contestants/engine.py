"""Our engine alone in this process, fed blocks of up to 2 MiB by one thread: what no way of handing the pool over can beat."""

import sys
from pathlib import Path

from querist._requests import Selecting, request_of
from querist_server.engine.pipeline import Run
from querist_server.service.decode import decode_task

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "support"))
from engine import LIMITS

BLOCK_BYTES = 2 * 2**20


def prepare(task, arrays):
    rows = arrays["probabilities"]
    block = 1 << (BLOCK_BYTES // rows[0].nbytes).bit_length() - 1  # a power of two, as the engine's own blocks: none is put together
    header = request_of(Selecting(probabilities=rows, strategy=task["strategy"], count=task["count"])).header

    def run():
        work = Run(decode_task(header), LIMITS)
        for start in range(0, len(rows), block):
            work.feed({"probabilities": rows[start : start + block]})
        return {"indices": work.finish().indices.tolist()}

    return run
