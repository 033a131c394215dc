"""What the server is at this moment, read when Prometheus asks: no call pays for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from querist._version import __version__

from querist_server import footprint, metrics, quota
from querist_server.engine.errors import EngineError
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore
from querist_server.service.interceptors import CallInterceptor
from querist_server.service.selection_log import SelectionLog
from querist_server.service.system import API_VERSION
from querist_server.service.watch import Watch
from querist_server.service.workers import Workers
from querist_server.settings import Settings


@dataclass(eq=False)
class Vitals:
    """Looks at the parts of a server. Called on a thread, by the registry that it is registered at.

    Attributes
    ----------
    serving : bool
        Whether new calls are taken.
    """

    settings: Settings
    interceptor: CallInterceptor
    workers: Workers
    watch: Watch
    processes: WorkerPool
    store: ModelStore
    log: SelectionLog | None
    serving: bool = False

    def collect(self) -> Iterator[Family]:
        """Give all metrics that are the state of something."""
        settings = self.settings
        info = GaugeMetricFamily(metrics.INFO.name, metrics.INFO.help, labels=metrics.INFO.labels)
        info.add_metric([__version__, API_VERSION], 1)
        yield info
        numbers = {
            metrics.SERVING: self.serving,
            metrics.CALLS_OPEN: len(self.interceptor.open),
            metrics.CALLS_OPEN_LIMIT: settings.max_calls,
            metrics.WORKERS: settings.workers,
            metrics.PROCESSORS: quota.processors().usable,
            metrics.WORK_RUNNING: self.workers.running,
            metrics.WORK_WAITING: self.workers.waiting,
            metrics.WORK_WAITING_LIMIT: settings.max_waiting,
            metrics.MEMORY: footprint.resident_bytes(),
            metrics.MEMORY_LIMIT: settings.max_memory_bytes,
            metrics.MEMORY_SHORT: self.watch.short_seconds(),
            metrics.IN_FLIGHT: self.workers.bytes_held,
            metrics.IN_FLIGHT_LIMIT: self.workers.max_bytes,
            metrics.MODELS_STORED_LIMIT: settings.max_model_store_bytes,
            metrics.MODELS_LOADED: self.processes.models_loaded,
            metrics.MODEL_PROCESSES: len(self.processes.pids),
            metrics.MODEL_STARTS: self.processes.starts,
            **self._stored(),
            **({} if self.log is None else {metrics.LOG_WRITTEN: self.log.written, metrics.LOG_LOST: self.log.lost}),
        }
        for metric, value in numbers.items():
            family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            yield family(metric.name, metric.help, value=value)
        ends = CounterMetricFamily(metrics.MODEL_ENDS.name, metrics.MODEL_ENDS.help, labels=metrics.MODEL_ENDS.labels)
        for cause, count in self.processes.ends.items():
            ends.add_metric([cause], count)
        yield ends

    def _stored(self) -> dict[metrics.Metric, float]:
        """Look at the disk; while it fails these two are missing, which an alert can see, and not 0."""
        try:
            models, size = self.store.holdings()
        except (EngineError, OSError):
            return {}
        return {metrics.MODELS_STORED: models, metrics.MODELS_STORED_BYTES: size}
