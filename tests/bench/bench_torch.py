"""A pool of ten times the rows through the PyTorch helper: how much more memory the caller and the server need.

Rows are made batch by batch; each run is a process of its own. Needs torch: make torch, then

    .cache/torch/bin/python tests/bench/bench_torch.py
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import querist
import torch
from querist.integrations.torch import mc_dropout, predictions
from torch import nn

SIZES = (100_000, 1_000_000)
BATCH, INPUTS, WIDTH, CLASSES, PASSES = 1_000, 32, 256, 10, 5


class Rows:
    """A pool that exists a batch at a time."""

    def __init__(self, rows: int, named: bool) -> None:
        self.rows, self.named = rows, named

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        generator = torch.Generator().manual_seed(1)
        for first in range(0, self.rows, BATCH):
            inputs = torch.randn(BATCH, INPUTS, generator=generator)
            yield (inputs, torch.arange(first, first + BATCH)) if self.named else (inputs,)


def memory(pid: int | str) -> float:
    """Return a process's largest memory so far in MiB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def run(rows: int, kind: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(INPUTS, WIDTH), nn.ReLU(), nn.Dropout(), nn.Linear(WIDTH, CLASSES))
    loader = Rows(rows, named="ids" in kind)
    if "dropout" in kind:
        batches, plan = mc_dropout(net, loader, passes=PASSES), querist.Plan("bald")
    else:
        batches, plan = predictions(net, loader, embeddings_before="3"), querist.Plan("margin", "k_center", prefilter=1000)
    with querist.local() as client:
        client.select(predictions(net, Rows(BATCH, named=False), embeddings_before="3"), strategy="margin", count=9)  # what all calls need
        before, server_before = memory("self"), memory(client._server.pid)
        started = time.perf_counter()
        batch = client.select(batches, strategy=plan, count=100, timeout=None)
        seconds = time.perf_counter() - started
        assert batch.statistics.rows == rows
        print(f"{memory('self') - before:.0f} {memory(client._server.pid) - server_before:.0f} {seconds:.1f}")


def main() -> int:
    if len(sys.argv) > 1:
        run(int(sys.argv[1]), sys.argv[2])
        return 0
    print(f"batches of {BATCH:,}; logits x {CLASSES} and embeddings x {WIDTH}, or {PASSES} passes of dropout; float32; growth in MiB")
    print(f"{'rows':>10}  {'what':<16} {'pool MiB':>8} {'caller':>7} {'server':>7} {'seconds':>8}")
    for kind in ("embeddings", "embeddings, ids", "dropout"):
        for rows in SIZES:
            command = [sys.executable, __file__, str(rows), kind]
            caller, server, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            pool = rows * 4 * (CLASSES * PASSES if kind == "dropout" else CLASSES + WIDTH) / 2**20
            print(f"{rows:>10,}  {kind:<16} {pool:>8.0f} {caller:>7} {server:>7} {seconds:>8}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
