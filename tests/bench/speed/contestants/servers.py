"""Servers of ours, each for one contestant."""

import atexit
import sys
import tempfile
from pathlib import Path

import querist

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "support"))
from server_process import ServerProcess

MEMORY = Path("/dev/shm")


def served(way: str, **settings: object) -> tuple[ServerProcess, querist.Client]:
    """Start a server and return it with a client that goes a way: "tcp", "unix", or "file"; both end with this process."""
    home = tempfile.TemporaryDirectory(prefix="querist-")
    atexit.register(home.cleanup)
    address = "127.0.0.1:0" if way == "tcp" else f"unix:{home.name}/q.sock"
    if way == "file":
        shared = tempfile.TemporaryDirectory(prefix="querist-", dir=MEMORY if MEMORY.is_dir() else None)
        atexit.register(shared.cleanup)
        settings["local_tensor_directory"] = shared.name
    server = ServerProcess(Path(home.name), addresses=[address], **settings)
    atexit.register(server.stop)
    client = querist.connect(server.address, timeout=None, shared_directory=None if way == "file" else False)
    atexit.register(client.close)
    return server, client
