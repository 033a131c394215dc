"""BADGE, 1,000 of 200,000 x 512 with 100 classes, over gRPC: seconds, and how much more memory than its pool the server takes.

python tests/bench/bench_large_badge.py [COUNT [ROWS]]
"""

import re
import sys
import time
from pathlib import Path

import numpy as np
import querist

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
WIDTH, CLASSES, BLOCK = 512, 100, 2000
MIB = 2**20


def batches():
    """Give the pool in pieces, so that the client never holds it."""
    rng = np.random.default_rng(3)
    for start in range(0, ROWS, BLOCK):
        rows = min(BLOCK, ROWS - start)
        logits = 3 * rng.standard_normal((rows, CLASSES), np.float32)
        yield {"logits": logits, "embeddings": rng.standard_normal((rows, WIDTH), np.float32)}


def memory(pid: int, field: str) -> float:
    return int(re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def main() -> int:
    pool = ROWS * (WIDTH + CLASSES) * 4 / MIB
    with querist.local(timeout=None) as client:
        client.select(np.full((10, 3), 1 / 3), strategy="margin", count=1)
        before = memory(client._server.pid, "VmRSS")
        started = time.perf_counter()
        batch = client.select(batches(), strategy="badge", count=COUNT, seed=1)
        seconds = time.perf_counter() - started
        grown = memory(client._server.pid, "VmHWM") - before
        choosing = batch.timings["CHOOSE"]
    print(f"BADGE {COUNT} of {ROWS} x {WIDTH}, {CLASSES} classes: {seconds:.1f} s, {choosing:.1f} s of it choosing")
    beyond = (grown - pool) * MIB / 8 / ROWS
    print(f"pool {pool:.0f} MiB; the server's peak grew by {grown:.0f} MiB: {beyond:.0f} float64 a row beyond the pool")
    return 0 if len(set(batch.indices.tolist())) == COUNT and grown < 1.5 * pool else 1


if __name__ == "__main__":
    sys.exit(main())
