"""What shows an operator how the server is: probes, metrics, traces and the selection log, each only if it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from querist_server.probes import Probes
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore
from querist_server.service.interceptors import CallInterceptor
from querist_server.service.observing import Observer
from querist_server.service.selection_log import SelectionLog
from querist_server.service.watch import Watch
from querist_server.service.workers import Workers
from querist_server.settings import Settings
from querist_server.telemetry import SERVER

if TYPE_CHECKING:
    from querist_server.exposition import Exposition
    from querist_server.tracing import Tracing


class Instruments:
    """The instruments of one server.

    Parameters
    ----------
    settings : Settings
    methods : mapping of str to str
        Short names of Querist's own methods, by their full names.

    Attributes
    ----------
    observers : list of Observer
        Those that hear of calls.
    """

    def __init__(self, settings: Settings, methods: Mapping[str, str]) -> None:
        self._settings = settings
        self.observers: list[Observer] = []
        self._tracing = _tracing(settings, methods)
        self._exposition = _exposition(settings, methods)
        self.log = None if settings.selection_log is None else SelectionLog(settings.selection_log)
        if self._tracing is not None:  # first: it knows the trace that the log line of a call then names
            self.observers.append(self._tracing)
        if self._exposition is not None:
            self.observers.append(self._exposition.metering)
        if self.log is not None:
            self.observers.append(self.log)
        self._probes: Probes | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """Where probes and metrics are, with the ports that were given."""
        found = {"health": self._probes, "metrics": self._exposition}
        return {name: each.address for name, each in found.items() if each is not None}

    async def listen(self, interceptor: CallInterceptor, workers: Workers, watch: Watch, processes: WorkerPool, store: ModelStore) -> None:
        """Listen where health and metrics are told. Nothing is said to be alive yet.

        Raises
        ------
        ListenError
            If an address is in use.
        """
        settings = self._settings
        if settings.health_address is not None:
            self._probes = Probes(settings.health_address, watch.short_seconds)
        if self._exposition is not None and settings.metrics_address is not None:
            from querist_server.vitals import Vitals

            vitals = Vitals(settings, interceptor, workers, watch, processes, store, self.log)
            await self._exposition.start(settings.metrics_address, vitals)

    async def start(self) -> None:
        """Say that the server is alive."""
        if self._probes is not None:
            await self._probes.start()

    async def tell(self, *, serving: bool) -> None:
        """Say whether new calls are taken."""
        if self._exposition is not None:
            self._exposition.tell(serving=serving)
        if self._probes is not None:
            await self._probes.tell(serving=serving)

    async def stop(self) -> None:
        """Write and send what waits, though not for ever, and say nothing more."""
        closing = [each.close for each in (self.log, self._tracing) if each is not None]
        await asyncio.gather(*(asyncio.to_thread(close) for close in closing))
        if self._exposition is not None:
            await self._exposition.stop()
        if self._probes is not None:  # last: whoever drains is alive
            await self._probes.stop()


def _exposition(settings: Settings, methods: Mapping[str, str]) -> Exposition | None:
    if settings.metrics_address is None:
        return None
    from querist_server.exposition import Exposition

    return Exposition(methods)


def _tracing(settings: Settings, methods: Mapping[str, str]) -> Tracing | None:
    if not settings.traces:
        return None
    try:
        from querist_server.tracing import Tracing
    except ImportError as error:  # a platform sets the variable for all pods alike, and that is no reason not to start
        SERVER.warning("no traces", extra={"fields": {"error": f"{error}; traces need more packages: pip install 'querist[otel]'"}})
        return None
    return Tracing(methods)
