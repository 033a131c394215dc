"""The listener for probes: health in plain gRPC on an address of its own, which serves nothing else.

A kubelet's gRPC probe dials the pod's address, speaks no TLS and has no token, while the service itself may listen on a Unix socket alone.

    startup      SERVING once the server has served, and from then on
    liveness     SERVING as long as the event loop answers; a process that is stuck does not, and is the only one that a restart helps
    readiness    SERVING while new calls are taken: not before the start, not from SIGTERM on, and not while memory has long been short
    ""           the same as readiness
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from querist_server import listening

SHORT_SECONDS = 5.0
"""How long memory must have been short before callers are better off elsewhere. A moment's shortage is told to each call, with a time to
come back; a pod that leaves its service for it would only move the load, and come and go with it."""
LOOK_SECONDS = 0.5
MOST_MESSAGE_BYTES = 4096
MOST_STREAMS = 64
IDLE_SECONDS, AGE_SECONDS = 10.0, 60.0
"""How long a connection may do nothing, and last: probes dial anew each time, and strangers may reach this address."""
LAST_SECONDS = 0.2

_SERVING, _NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Probes:
    """Tells health to whoever asks.

    Parameters
    ----------
    address : str
        host:port.
    short_seconds : callable
        Returns for how long memory has been short; 0 if it is not.

    Raises
    ------
    ListenError
        If the address is in use.
    """

    def __init__(self, address: str, short_seconds: Callable[[], float]) -> None:
        self._short_seconds = short_seconds
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
                ("grpc.max_concurrent_streams", MOST_STREAMS),
                ("grpc.max_connection_idle_ms", round(IDLE_SECONDS * 1000)),
                ("grpc.max_connection_age_ms", round(AGE_SECONDS * 1000)),
                ("grpc.max_connection_age_grace_ms", 1000),
                ("grpc.so_reuseport", 0),
            ]
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        # It holds no data and takes none: that others can reach it is what it is for.
        self.address = listening.listen(self._server, [address], insecure=True).addresses[0]
        self._serving = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer: alive, and not started yet."""
        for name, status in (("liveness", _SERVING), ("startup", _NOT_SERVING), ("readiness", _NOT_SERVING), ("", _NOT_SERVING)):
            await self._health.set(name, status)
        await self._server.start()
        self._task = asyncio.get_running_loop().create_task(self._look_on())

    async def tell(self, *, serving: bool) -> None:
        """Say whether new calls are taken."""
        self._serving = serving
        if serving:
            await self._health.set("startup", _SERVING)
        await self._look()

    async def stop(self) -> None:
        """Answer no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._server.stop(LAST_SECONDS)

    async def _look(self) -> None:
        ready = self._serving and self._short_seconds() < SHORT_SECONDS
        for name in ("readiness", ""):
            await self._health.set(name, _SERVING if ready else _NOT_SERVING)

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()
