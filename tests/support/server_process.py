"""A server in a process of its own, as an operator starts it, and what can be seen of it from outside."""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

PAGE = os.sysconf("SC_PAGE_SIZE")


class ServerProcess:
    """A running server.

    Parameters
    ----------
    directory : Path
        For its models.
    settings
        By their names.
    """

    def __init__(self, directory: Path, **settings: object) -> None:
        given = {"addresses": ["127.0.0.1:0"], "model_directory": str(directory / "models"), "log_format": "json", **settings}
        environment = {f"QUERIST_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
        command = [sys.executable, "-m", "querist_server", "serve", "--until-stdin-closes"]  # so that it dies with this process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment}, text=True
        )
        first = self.process.stderr.readline()
        while first.startswith("{") and '"addresses"' not in first:  # what it says before it serves
            first = self.process.stderr.readline()
        if not first.startswith("{"):
            raise RuntimeError(f"the server did not start: {first}{self.process.stderr.read()}")
        self.began: dict[str, Any] = json.loads(first)
        """What it said when it began to serve."""
        self.addresses: list[str] = self.began["addresses"].split(",")
        self.address = self.addresses[0]
        self.defects: list[str] = []
        """Log lines that speak of defects."""
        self.last_words: deque[str] = deque(maxlen=20)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def resident(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    def stop(self) -> int:
        """Stop the server, and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(10)
            self.process.stderr.close()
            self.process.stdin.close()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.last_words.append(line)
            if '"message": "defect"' in line:
                self.defects.append(line)
