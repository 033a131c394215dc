"""A server that is started again whenever it has ended, and the places where faults are put: its processes, its disk, its clock."""

import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

FAKE_CLOCKS = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
NURSERY = Path(__file__).with_name("chaos_nursery.py")


class Supervisor:
    """Has the server started again whenever it ends, on the same socket and model directory.

    Parameters
    ----------
    home : Path
        Where its files go.
    models : Path
        The model directory.
    """

    def __init__(self, home: Path, models: Path) -> None:
        self.address = f"unix:{home / 'querist.sock'}"
        self.models = models
        self.starts = self.pid = 0
        self.log = (home / "server.log").open("ab")
        self._clock = home / "clock"
        self.turn_clock(0)
        self._nursery = self._start()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        while not self.starts:
            time.sleep(0.02)

    def signal(self, number: int) -> None:
        """Send the server a signal; one that has ended already is about to be started again."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def model_workers(self) -> list[int]:
        """Return the ids of the processes in which models run, wherever they are below the server."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
        found, fresh = [], {self.pid}
        while fresh:
            fresh = {child for child, parent in parents.items() if parent in fresh}
            found += sorted(fresh)
        return found

    def limit_files(self, spare: int) -> None:
        """Leave the server so many file descriptors, or, if negative, as many as it had."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        used = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (used + spare if spare >= 0 else hard, hard))

    def turn_clock(self, seconds: int) -> None:
        """Let the server's wall clock jump to so far from the true time."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}s" if FAKE_CLOCKS else str(seconds))
        fresh.replace(self._clock)

    def stop(self) -> None:
        """End the server for good."""
        self._nursery.stdin.close()
        self._nursery.wait(40)
        self._thread.join(10)
        self.log.close()

    def _start(self) -> subprocess.Popen:
        serve = ["serve", "--address", self.address, "--model-directory", str(self.models), "--workers", "2"]
        environment = {
            **os.environ,
            "QUERIST_DRAIN_SECONDS": "1",
            "QUERIST_MODEL_WORKERS": "1",
            "QUERIST_MAX_WAITING": "4",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "GRPC_ENABLE_FORK_SUPPORT": "0",  # nothing of gRPC runs before the fork
        }
        if FAKE_CLOCKS:
            environment |= {
                "LD_PRELOAD": str(FAKE_CLOCKS[0]),
                "FAKETIME_TIMESTAMP_FILE": str(self._clock),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_CACHE_DURATION": "1",
                "NO_FAKE_STAT": "1",
            }
        command = [sys.executable, NURSERY, "" if FAKE_CLOCKS else self._clock, *serve]
        return subprocess.Popen(command, env=environment, stderr=self.log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _watch(self) -> None:
        for line in self._nursery.stdout:
            self.pid = int(line)
            self.starts += 1
