"""Files in a shared directory, a Unix socket and TCP in one run: a pool of 40 and of 400 MB of FLOAT32, margin, top 100.

Repetitions are interleaved, so that whatever else the machine does hits all alike, and begin once each way was gone twice. Every answer
must be the same. Beside it, in the same run: one bare pass over the pool in memory (its largest number), and the selection by the engine
alone in this process, which no way of handing the pool over can beat.

    python tests/bench/bench_transports.py [REPETITIONS]
"""

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import querist
from querist._requests import Selecting, request_of
from querist_server.engine.pipeline import Run
from querist_server.service.decode import decode_task

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from engine import LIMITS
from server_process import ServerProcess

REPETITIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
SIZES = (40, 400)
CLASSES, COUNT, MB = 10, 100, 10**6
MEMORY = Path("/dev/shm")
FILES, SOCKET, TCP, MAPPED = "files", "Unix socket", "TCP", "files, from a mapped .npy"
BARE, ENGINE = "bare pass", "engine alone"
BLOCK_ROWS = 2**20 // (CLASSES * 4)


def pool(size: int) -> np.ndarray:
    rows = np.random.default_rng(size).dirichlet(np.ones(CLASSES), size * MB // (CLASSES * 4))
    return rows.astype(np.float32)


def processor(pid: int) -> float:
    """Return the processor seconds that this process and another have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def by_engine(rows: np.ndarray) -> bytes:
    """Select in this process, from blocks of 1 MiB."""
    run = Run(decode_task(request_of(Selecting(probabilities=rows, strategy="margin", count=COUNT)).header), LIMITS)
    for start in range(0, len(rows), BLOCK_ROWS):
        run.feed({"probabilities": rows[start : start + BLOCK_ROWS]})
    return run.finish().indices.tobytes()


def peak(pid: int) -> float:
    """Return the most memory that the process has had, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024 / MB


def measured(size: int, directory: Path, clients: dict[str, querist.Client], pid: int) -> None:
    rows = pool(size)
    np.save(directory / "rows.npy", rows)
    mapped = np.load(directory / "rows.npy", mmap_mode="r")
    ways: dict[str, Callable[[], object]] = {BARE: rows.max, ENGINE: lambda: by_engine(rows)}
    for name, client in clients.items():
        ways[name] = lambda client=client: client.select(rows, strategy="margin", count=COUNT).indices.tobytes()
    ways[MAPPED] = lambda: clients[FILES].select(mapped, strategy="margin", count=COUNT).indices.tobytes()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    worked = dict.fromkeys(ways, 0.0)
    answers = set()
    before = peak(pid)
    for turn in range(REPETITIONS + 2):
        for name, way in ways.items():
            used, started = processor(pid), time.perf_counter()
            answer = way()
            taken = time.perf_counter() - started
            if name != BARE:
                answers.add(answer)
            if turn >= 2:
                seconds[name].append(taken)
                worked[name] += processor(pid) - used
    assert len(answers) == 1, "the answer depends on the way"
    assert clients[FILES]._sharing.directory is not None, f"no files were used: {clients[FILES]._sharing.problem}"
    bare, tcp = statistics.median(seconds[BARE]), statistics.median(seconds[TCP])
    for name, taken in seconds.items():
        median = statistics.median(taken)
        spread = f"{min(taken) * 1e3:.1f} to {max(taken) * 1e3:.1f}"
        speed = f"{size / 1e3 / median:.2f} | {median / bare:.1f} | {tcp / median:.1f}"
        print(f"| {size} | {name} | {median * 1e3:.1f} | {spread} | {speed} | {worked[name] / REPETITIONS * 1e3:.0f} |")
    print(f"<!-- {size} MB: the server's peak memory grew by {peak(pid) - before:.0f} MB -->", file=sys.stderr)


def main() -> int:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="querist-")))
        shared = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="querist-", dir=MEMORY if MEMORY.is_dir() else None)))
        server = ServerProcess(home, addresses=[f"unix:{home}/q.sock", "127.0.0.1:0"], local_tensor_directory=str(shared))
        stack.callback(server.stop)
        socket, tcp = server.addresses
        ways = {FILES: (socket, None), SOCKET: (socket, False), TCP: (tcp, False)}
        clients = {
            name: stack.enter_context(querist.connect(address, timeout=None, shared_directory=place))
            for name, (address, place) in ways.items()
        }
        print(f"{os.cpu_count()} CPUs, {REPETITIONS} interleaved repetitions\n")
        print("| MB | way | median ms | lowest to highest | GB/s | x bare pass | x faster than TCP | processor ms, both sides |")
        print("|---|---|---|---|---|---|---|---|")
        for size in SIZES:
            measured(size, home, clients, server.pid)
        left = [path.name for path in shared.iterdir() if path.name.endswith(".tensor")]
        assert not left, f"files were left behind: {left}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
