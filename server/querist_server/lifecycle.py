"""The life of a server: NOT_SERVING, warm, SERVING, asked to stop, NOT_SERVING, drained, gone."""

from __future__ import annotations

import asyncio
import signal
import sys

from grpc_health.v1 import health_pb2

from querist_server.app import Server, build_server
from querist_server.settings import Settings
from querist_server.telemetry import SERVER


async def run(settings: Settings, *, until_stdin_closes: bool) -> None:
    """Serve until SIGTERM or SIGINT, or until standard input ends if that is asked for; then let running calls finish.

    Raises
    ------
    ListenError
        If an address cannot be listened on.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_watch_stdin(stop)) if until_stdin_closes else None
    server = await build_server(settings)
    await server.grpc_server.start()
    await _tell(server, health_pb2.HealthCheckResponse.SERVING)
    SERVER.info("serving", extra={"fields": {"addresses": ",".join(server.addresses), "workers": settings.workers}})
    await stop.wait()
    if watch is not None:
        watch.cancel()
    await _stop(server, settings)


async def _stop(server: Server, settings: Settings) -> None:
    SERVER.info("stopping", extra={"fields": {"running": server.interceptor.running}})
    await _tell(server, health_pb2.HealthCheckResponse.NOT_SERVING)
    await asyncio.sleep(settings.shutdown_delay_seconds)
    server.interceptor.draining = True
    await server.grpc_server.stop(settings.drain_seconds)
    server.workers.close()
    server.model_processes.close()
    SERVER.info("stopped")


async def _tell(server: Server, status: int) -> None:
    for name in server.service_names:
        await server.health.set(name, status)


async def _watch_stdin(stop: asyncio.Event) -> None:
    """Stop when standard input ends: whoever started this server for itself holds the other end, and may die without a word."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    stop.set()
