"""The life of a server: NOT_SERVING, warm, SERVING, asked to stop, NOT_SERVING, drained, gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress

from grpc_health.v1 import health_pb2
from querist._version import __version__

from querist_server import quota
from querist_server.app import Server, build_server
from querist_server.settings import Settings
from querist_server.telemetry import SERVER

POLL_SECONDS = 0.02
LAST_WORDS_SECONDS = 0.5
"""Time for the last answers to leave after their calls are done."""


async def run(settings: Settings, *, until_stdin_closes: bool) -> None:
    """Serve until SIGTERM or SIGINT, or until standard input ends if that is asked for; then let running calls finish.

    Raises
    ------
    ListenError
        If an address cannot be listened on.
    UnusableFileError
        If certificates or tokens cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        _stop_with_stdin(stop)
    server = await build_server(settings)
    await server.instruments.start()
    await server.grpc_server.start()
    server.watch.begin()
    await _tell(server, health_pb2.HealthCheckResponse.SERVING)
    SERVER.info("serving", extra={"fields": _told_at_the_start(server, settings)})
    await stop.wait()
    await _stop(server, settings)


async def _stop(server: Server, settings: Settings) -> None:
    SERVER.info("stopping", extra={"fields": {"running": server.interceptor.running}})
    await _tell(server, health_pb2.HealthCheckResponse.NOT_SERVING)
    await asyncio.sleep(settings.shutdown_delay_seconds)
    server.interceptor.draining = True
    stopped = asyncio.create_task(server.grpc_server.stop(settings.drain_seconds))
    while server.interceptor.running and not stopped.done():
        await asyncio.sleep(POLL_SECONDS)
    await server.grpc_server.stop(LAST_WORDS_SECONDS)  # what is left are watches of the health, which never end by themselves
    await stopped
    await server.watch.end()
    server.bound.leave()
    server.workers.close()
    server.model_processes.close()
    await server.instruments.stop()
    SERVER.info("stopped")


def _told_at_the_start(server: Server, settings: Settings) -> dict[str, object]:
    found = quota.processors()
    return {
        "addresses": ",".join(server.addresses),
        **server.instruments.addresses,
        "version": __version__,
        "workers": settings.workers,
        "processors": found.usable,
        "by": found.source,
        "model_threads": max(1, settings.workers // settings.model_workers),
        "max_memory_bytes": settings.max_memory_bytes,
    }


async def _tell(server: Server, status: int) -> None:
    for name in server.service_names:
        await server.health.set(name, status)
    await server.instruments.tell(serving=status == health_pb2.HealthCheckResponse.SERVING)


def _stop_with_stdin(stop: asyncio.Event) -> None:
    """Stop when standard input ends: whoever started this server for itself holds the other end, and may die without a word.

    A thread reads it, since an event loop can wait for pipes but not for files or /dev/null.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 1024):
            pass
        with suppress(RuntimeError):  # the loop has ended before standard input
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=read, name="querist-stdin", daemon=True).start()
