"""What selections hold and take of memory, for each row of the pool: the table in deploy/README.md.

PYTHONPATH=tests/support python tests/integration/sizing.py
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import querist
from server_process import ServerProcess

MIB = 2**20
SETTINGS = {"workers": 2, "max_memory_bytes": 6 * 2**30, "max_kept_bytes": 3 * 2**30}
CASES = (
    ("margin", {}, 1_000_000, 10, 0),
    ("margin", {}, 1_000_000, 100, 0),
    ("margin", {"rank_all": True, "count": None}, 1_000_000, 10, 0),
    ("badge", {}, 200_000, 10, 64),
    ("k_center", {}, 200_000, 0, 64),
    ("k_center", {}, 100_000, 0, 512),
)


class Peak:
    """The most that a server was seen to have resident."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self.bytes = server.resident
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        self._over.set()
        self._thread.join()
        return self.bytes

    def _look(self) -> None:
        while not self._over.wait(0.005):
            self.bytes = max(self.bytes, self._server.resident)


@contextmanager
def server(place: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(place, **SETTINGS)
    try:
        yield made
    finally:
        made.stop()


def main() -> None:
    print("| strategy | pool | bytes a row that were sent | held | at the peak, beside the idle server | seconds |")
    print("|---|---|---|---|---|---|")
    for strategy, more, rows, classes, width in CASES:
        generator = np.random.default_rng(0)
        given: dict[str, np.ndarray] = {}
        if classes:
            given["probabilities"] = generator.dirichlet(np.ones(classes), rows).astype(np.float32)
        if width:
            given["embeddings"] = generator.standard_normal((rows, width), np.float32)
        sent = sum(array.nbytes for array in given.values())
        with tempfile.TemporaryDirectory() as place, server(Path(place)) as made, querist.connect(made.address, timeout=600) as client:
            client.select(**{name: array[:1000] for name, array in given.items()}, strategy=strategy, count=5)  # its imports
            idle, peak = made.resident, Peak(made)
            began = time.monotonic()
            batch = client.select(**given, strategy=strategy, **{"count": 50, **more})
            seconds = time.monotonic() - began
            grown = peak.end() - idle
        shape = " and ".join(f"{array.shape[1]} {name}" for name, array in given.items())
        held = batch.statistics.bytes_kept
        print(
            f"| `{strategy}`{', all ranked' if more else ''} | {rows:,} x {shape} | {sent / rows:.0f} | {held / rows:.0f} | "
            f"{grown / rows:.0f} ({grown / MIB:.0f} MiB; idle {idle / MIB:.0f}) | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
