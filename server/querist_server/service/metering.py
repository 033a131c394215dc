"""Counts calls, and what selections find, for Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from querist_server import metrics
from querist_server.engine.selection import FloatArray, Selection, Statistics
from querist_server.service.account import Account
from querist_server.service.calls import Call
from querist_server.service.errors import CODES, LIMITS
from querist_server.service.observing import Outcome
from querist_server.service.quantiles import SHARES, quantiles

VERDICTS = ("CONTINUE", "STOP", "INCONCLUSIVE")
OTHER = "other"
"""What stands for all methods that are not Querist's own, those that do not exist among them."""
FEW = 50
_BOUNDS = metrics.CONFIDENCE.buckets


class Metering:
    """Hears of calls, and counts.

    Parameters
    ----------
    registry : CollectorRegistry
        Where the counts are shown.
    methods : mapping of str to str
        Short names of the methods that are told apart, by their full names.
    """

    def __init__(self, registry: CollectorRegistry, methods: Mapping[str, str]) -> None:
        self._methods = methods
        self._calls = _Children(Counter, metrics.CALLS, registry)
        self._call_seconds = _Children(Histogram, metrics.CALL_SECONDS, registry)
        self._errors = _Children(Counter, metrics.ERRORS, registry)
        self._refused = _Children(Counter, metrics.REFUSED, registry)
        self._queue_seconds = _Children(Histogram, metrics.QUEUE_SECONDS, registry)
        self._bytes = _Children(Counter, metrics.RECEIVED_BYTES, registry)
        self._selection_seconds = _Children(Histogram, metrics.SELECTION_SECONDS, registry)
        self._stage_seconds = _Children(Counter, metrics.STAGE_SECONDS, registry)
        self._rows = _Children(Counter, metrics.ROWS, registry)
        self._model_runs = _Children(Counter, metrics.MODEL_RUNS, registry)
        self._chosen = _Children(Counter, metrics.CHOSEN, registry)
        self._random = _Children(Counter, metrics.RANDOM, registry)
        self._guarded = _Children(Counter, metrics.GUARDED, registry)
        self._verdicts = _Children(Counter, metrics.VERDICTS, registry)
        self._confidences = [0] * (len(_BOUNDS) + 1)
        self._confidence_sum = 0.0
        self._newest: dict[str, Statistics] = {}
        self._begin_with_zero()
        registry.register(self)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Count a call."""
        method = self._methods.get(call.method, OTHER)
        account = call.account
        self._calls[method, outcome.code].inc()
        self._call_seconds[method,].observe(outcome.seconds)
        if outcome.reason:
            self._errors[outcome.reason,].inc()
        if outcome.limit:
            self._refused[outcome.limit,].inc()
        if account.works:
            self._queue_seconds[()].observe(account.queued)
        if account.bytes:
            self._bytes[method,].inc(account.bytes)
        if account.verdict:
            self._verdicts[account.verdict,].inc()
        if account.strategy:
            self._count_work(account)

    def _begin_with_zero(self) -> None:
        """Show what alerts look for before it has happened: a count that begins with 1 is no increase to Prometheus."""
        for reason in CODES:
            self._errors[reason,].inc(0)
        for limit in LIMITS:
            self._refused[limit,].inc(0)
        for verdict in VERDICTS:
            self._verdicts[verdict,].inc(0)

    def _count_work(self, account: Account) -> None:
        total = 0.0
        for stage, spent in account.stages.by_name.items():
            if spent.seconds:
                self._stage_seconds[account.strategy, stage].inc(spent.seconds)
                total += spent.seconds
        if account.model_runs_total:
            self._model_runs[()].inc(account.model_runs_total)
        if account.answered is not None:
            self._selection_seconds[account.strategy,].observe(total)
            self._rows[account.strategy,].inc(account.rows)
            self._count_choice(account.strategy, account.answered.selection)

    def _count_choice(self, strategy: str, selection: Selection) -> None:
        self._chosen[strategy,].inc(len(selection.indices))
        self._newest[strategy] = selection.statistics
        if selection.random_draws is not None:
            self._random[()].inc(int(np.count_nonzero(selection.random_draws)))
        for reason, rows in selection.guarded_tallies.items():
            self._guarded[reason,].inc(rows)
        if selection.confidences is not None:
            self._count_confidences(selection.confidences)

    def _count_confidences(self, confidences: FloatArray) -> None:
        if len(confidences) <= FEW:  # numpy takes longer to begin than this to end
            values = confidences.tolist()
            for value in values:
                self._confidences[bisect_left(_BOUNDS, value)] += 1
            self._confidence_sum += sum(values)
            return
        counts = np.bincount(np.searchsorted(_BOUNDS, confidences), minlength=len(self._confidences))
        self._confidences = [before + more for before, more in zip(self._confidences, counts.tolist(), strict=True)]
        self._confidence_sum += float(confidences.sum())

    def collect(self) -> Iterator[Metric]:
        """Give what no counter of the library holds: many values at a time, and quantiles, which are made when they are asked for."""
        confidence = HistogramMetricFamily(metrics.CONFIDENCE.name, metrics.CONFIDENCE.help)
        names = [*map(str, metrics.CONFIDENCE.buckets), "+Inf"]
        counts = accumulate(self._confidences)
        confidence.add_metric([], list(zip(names, counts, strict=True)), self._confidence_sum)
        yield confidence
        scores = GaugeMetricFamily(metrics.SCORE_QUANTILE.name, metrics.SCORE_QUANTILE.help, labels=metrics.SCORE_QUANTILE.labels)
        for strategy, statistics in list(self._newest.items()):
            for share, value in zip(SHARES, quantiles(statistics), strict=True):
                scores.add_metric([strategy, str(share)], value)
        yield scores


class _Children(dict[tuple[str, ...], Any]):
    """The counters of one metric by their labels; made once each, since to look one up in the library takes longer than to count."""

    def __init__(self, kind: type[Counter] | type[Histogram], metric: metrics.Metric, registry: CollectorRegistry) -> None:
        super().__init__()
        more: dict[str, Any] = {"buckets": metric.buckets} if metric.buckets else {}
        self._metric: Any = kind(metric.name, metric.help, metric.labels, registry=registry, **more)
        if not metric.labels:  # shown from the start, as 0
            self[()] = self._metric

    def __missing__(self, labels: tuple[str, ...]) -> Any:
        child = self[labels] = self._metric.labels(*labels)
        return child
