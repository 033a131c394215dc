"""Loads the server's code once and forks a server whenever there is none: a start then takes no time, on a machine that has little of it.

Prints the id of each process that it starts. Ends with standard input, and ends its server then.
"""

import os
import select
import signal
import sys
import time
from pathlib import Path


def main(ahead: Path | None, arguments: list[str]) -> None:
    """Keep a server running; `ahead` holds how far its wall clock is off, if Python has to do that."""
    from querist_server import app, cli, footprint, lifecycle, telemetry  # noqa: F401 - loaded here so that no server needs to

    true = time.time
    while True:
        child = os.fork()
        if child == 0:
            if ahead is not None:
                time.time = lambda: true() + float(ahead.read_text() or 0)
            os.close(sys.stdin.fileno())
            os.open(os.devnull, os.O_RDONLY)  # takes the lowest number, which is that of standard input
            os.close(1)
            os.open(os.devnull, os.O_WRONLY)
            os._exit(cli.main(arguments))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if select.select([sys.stdin], [], [], 0.02)[0]:
                end(child)
                return


def end(child: int) -> None:
    """Ask a server to stop, and make it."""
    os.kill(child, signal.SIGCONT)
    os.kill(child, signal.SIGTERM)
    for _ in range(1000):
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1] else None, sys.argv[2:])
