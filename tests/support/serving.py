"""A server inside the test's own process, so that tests can look into it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from querist_server import app
from querist_server.settings import Settings


class Serving:
    """A running server, its address, and its parts."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.settings = Settings(**{"addresses": ("127.0.0.1:0",), "model_directory": directory / "models", "workers": 2, **settings})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self.call(app.build_server(self.settings))
        self.call(self.server.instruments.start())
        self.call(self.server.grpc_server.start())
        self._loop.call_soon_threadsafe(self.server.watch.begin)
        self.call(self.server.instruments.tell(serving=True))
        self.address = self.server.addresses[0]

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def stop(self) -> None:
        self.call(self.server.grpc_server.stop(None))
        self.call(self.server.watch.end())
        self.server.workers.close()
        self.server.model_processes.close()
        self.call(self.server.instruments.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextmanager
def serving(directory: Path, **settings: Any) -> Iterator[Serving]:
    server = Serving(directory, **settings)
    try:
        yield server
    finally:
        server.stop()
