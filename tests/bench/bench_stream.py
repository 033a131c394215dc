"""10,000,000 x 10 FLOAT32 through SelectStream, margin, top 1,000: how much the server's memory grows, and how long it takes.

The rows are made block by block on the caller's side and never held. Beside it, in the same run: the same stream to a server that does
nothing but receive it, as the yardstick.

    python tests/bench/bench_stream.py [ROWS]
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import querist
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import selection_service_pb2_grpc as rpc

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
CLASSES, BLOCK, COUNT = 10, 26_214, 1_000
REPEATS = 3
MIB = 2**20
BARE = """
import grpc, sys
from concurrent.futures import ThreadPoolExecutor
from querist.v1 import selection_service_pb2 as pb, selection_service_pb2_grpc as rpc
class Sink(rpc.SelectionServiceServicer):
    def SelectStream(self, messages, context):
        for _ in messages: pass
        yield pb.SelectStreamResponse(result=pb.SelectResponse())
server = grpc.server(ThreadPoolExecutor(2)); rpc.add_SelectionServiceServicer_to_server(Sink(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True); server.start(); sys.stdin.read()
"""


def messages() -> Iterator[pb.SelectStreamRequest]:
    """Give the stream: one random block, shifted a little each time, so that no two blocks are alike."""
    rng = np.random.default_rng(1)
    base = rng.dirichlet(np.ones(CLASSES), BLOCK).astype(np.float32)
    yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=COUNT, expected_rows=ROWS))
    for number, first in enumerate(range(0, ROWS, BLOCK)):
        rows = np.roll(base, number, axis=1)[: min(BLOCK, ROWS - first)]
        yield pb.SelectStreamRequest(block=pb.RowBlock(first_row=first, rows=pool_pb2.Pool(probabilities=codec.encode(rows))))


def timed(address: str) -> tuple[float, pb.SelectResponse]:
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        started = time.perf_counter()
        *_, last = rpc.SelectionServiceStub(channel).SelectStream(messages(), timeout=600)
        return time.perf_counter() - started, last.result


def memory(pid: int, field: str) -> float:
    """Return a field of the process's status in MiB."""
    return int(re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def main() -> int:
    size = ROWS * CLASSES * 4 / 1e9
    with (
        querist.local() as client,
        subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as bare,
    ):
        client.select(np.full((100, CLASSES), 0.1), strategy="margin", count=1)  # what every server holds once it has worked
        sink = f"127.0.0.1:{bare.stdout.readline().strip()}"
        pid = client._server.pid
        before = memory(pid, "VmRSS")
        ours, yardstick = [], []
        for _ in range(REPEATS):
            yardstick.append(timed(sink)[0])
            seconds, result = timed(client.address)
            ours.append(seconds)
        growth = memory(pid, "VmHWM") - before
        bare.stdin.close()
    assert result.statistics.rows == ROWS
    assert len(result.selected.indices) == COUNT
    print(f"{ROWS:,} x {CLASSES} FLOAT32, {size:.2f} GB, margin, top {COUNT:,}, {REPEATS} times")
    print(f"server memory: {before:.0f} MiB before, peak growth {growth:.1f} MiB (limit 100 MB = {100e6 / MIB:.0f} MiB)")
    median, bare_median = sorted(ours)[REPEATS // 2], sorted(yardstick)[REPEATS // 2]
    print(f"seconds: {median:.2f} (median; {min(ours):.2f} to {max(ours):.2f}), {size / median:.2f} GB/s")
    print(f"bare stream of the same messages over TCP: {bare_median:.2f} s; ours / bare {median / bare_median:.2f}")
    print(f"rows kept: {result.statistics.bytes_kept:,} bytes")
    return int(growth * MIB > 100e6)


if __name__ == "__main__":
    sys.exit(main())
