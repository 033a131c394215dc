"""What metrics, the selection log and traces cost of a small call: 20 x 5, unary, over a Unix socket.

Servers with and without take turns of a few calls each, so that whatever else the machine does happens to all of them alike; what is
told is the median of the differences within a turn, and the processor time of the server for each call.

    make bench-observing
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
from collector import Collector
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from server_process import ServerProcess

PLAIN = "nothing"
WARM_UP = 100
REQUEST = pb.SelectRequest(
    header=pb.SelectHeader(strategy="margin", count=3, seed=1),
    pool=pool_pb2.Pool(probabilities=codec.encode(np.random.default_rng(0).dirichlet(np.ones(5), 20))),
)


class Served:
    """A server, a caller of it, and how long its calls took."""

    def __init__(self, folder: Path, name: str, **settings: object) -> None:
        directory = folder / name.replace(" ", "-")
        directory.mkdir()
        self.server = ServerProcess(directory, addresses=[f"unix:{directory / 'q.sock'}"], workers="1", **settings)
        self._channel = grpc.insecure_channel(self.server.address, [("grpc.default_authority", "localhost")])
        self._select = SelectionServiceStub(self._channel).Select
        self.turn(WARM_UP)
        self.turns: list[float] = []
        self._began = self._processor_seconds()

    def turn(self, calls: int) -> float:
        """Call so many times, and return the median time of a call."""
        taken = []
        for _ in range(calls):
            started = time.perf_counter()
            self._select(REQUEST)
            taken.append(time.perf_counter() - started)
        return statistics.median(taken)

    def processor_seconds(self) -> float:
        """Return what the server has computed since it was warm."""
        return self._processor_seconds() - self._began

    def stop(self) -> None:
        """End both."""
        self._channel.close()
        self.server.stop()

    def _processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[dict[str, Served]]:
    """Start a server of each kind."""
    collector = Collector()
    metrics = {"metrics_address": "127.0.0.1:0"}
    running: dict[str, Served] = {}
    try:
        running[PLAIN] = Served(folder, PLAIN)
        running["metrics"] = Served(folder, "metrics", **metrics)
        running["metrics and the selection log"] = Served(folder, "log", **metrics, selection_log=str(folder / "log.jsonl"))
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
        running["metrics and traces of all calls"] = Served(folder, "traces", **metrics)
        os.environ |= {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}
        running["metrics and traces of one call in 100"] = Served(folder, "sampled", **metrics)
        yield running
    finally:
        for each in running.values():
            each.stop()
        collector.stop()


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=60, help="turns of each server (60)")
    parser.add_argument("--calls", type=int, default=50, help="calls of a turn (50)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as running:
        order = list(running.values())
        for _ in range(options.turns):
            for served in order:
                served.turns.append(served.turn(options.calls))
            order.reverse()
        plain = running[PLAIN].turns
        print("| with | a call, us | more than without, us (quartiles) | processor time of the server, us |")
        print("|---|---|---|---|")
        for what, served in running.items():
            more = [1e6 * (each - before) for each, before in zip(served.turns, plain, strict=True)]
            low, middle, high = statistics.quantiles(more, n=4) if served is not running[PLAIN] else (0, 0, 0)
            processor = 1e6 * served.processor_seconds() / (options.turns * options.calls)
            print(f"| {what} | {1e6 * statistics.median(served.turns):.0f} | {middle:.0f} ({low:.0f} to {high:.0f}) | {processor:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
