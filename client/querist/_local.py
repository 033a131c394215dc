"""A private server, started for one client and stopped with it."""

from __future__ import annotations

import atexit
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import grpc

from querist.errors import LocalServerError
from querist.v1 import system_service_pb2
from querist.v1.system_service_pb2_grpc import SystemServiceStub

START_SECONDS = 60.0
STOP_SECONDS = 10.0
_NEEDED = ("onnxruntime", "pydantic_settings", "grpc_health", "grpc_reflection")
_FOR_OTHERS = tuple(
    f"QUERIST_{name}"
    for name in (
        "INSECURE", "SOCKET_MODE", "TLS_CERTIFICATE", "TLS_PRIVATE_KEY", "TLS_CLIENT_CA", "ALLOWED_IDENTITIES", "TOKEN_FILE",
        "HEALTH_ADDRESS", "METRICS_ADDRESS",
    )
)  # fmt: skip
"""What protects and shows a server that others can reach; a private one has a socket in a directory that is its owner's alone."""
MISSING = "the server needs more packages: pip install 'querist[server]'"


def server_is_installed() -> bool:
    """Tell whether the server's dependencies are there, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


class LocalServer:
    """A server on a Unix socket in a directory of its own.

    Its standard input is a pipe from this process; when the pipe closes, because this process ends in whatever way, the server stops.

    Parameters
    ----------
    workers : int, optional
        Selections that compute at a time.

    Raises
    ------
    LocalServerError
        If it does not start.
    """

    def __init__(self, workers: int | None = None) -> None:
        if not server_is_installed():
            raise LocalServerError(MISSING)
        self._directory = tempfile.TemporaryDirectory(prefix="querist-")
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        home = Path(self._directory.name)
        self.address = f"unix:{home / 'querist.sock'}"
        command = [sys.executable, "-m", "querist_server", "serve", "--address", self.address, "--until-stdin-closes"]
        command += ["--model-directory", str(home / "models"), *(["--workers", str(workers)] if workers else [])]
        environment = {name: value for name, value in os.environ.items() if name not in _FOR_OTHERS}
        self._process = subprocess.Popen(  # noqa: S603 - our own
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._log, env=environment
        )
        atexit.register(self.stop)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def stop(self) -> None:
        """Stop the server, letting running calls finish; safe to repeat."""
        atexit.unregister(self.stop)
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._directory.cleanup()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with grpc.insecure_channel(self.address, [("grpc.default_authority", "localhost")]) as channel:
            stub = SystemServiceStub(channel)
            while True:
                try:
                    stub.GetServerInfo(system_service_pb2.GetServerInfoRequest(), timeout=1, wait_for_ready=True)
                except grpc.RpcError as error:
                    if self._process.poll() is not None:
                        raise LocalServerError(
                            f"the private server ended with status {self._process.returncode}: {self._last_words()}"
                        ) from error
                    if time.monotonic() > deadline:
                        raise LocalServerError(f"the private server did not answer within {START_SECONDS:g} seconds") from error
                else:
                    return

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()[-1000:]
