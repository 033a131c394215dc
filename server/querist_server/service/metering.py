"""Counts calls, and what selections find, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric

from querist_server import metrics
from querist_server.engine.selection import FloatArray, Selection, Statistics
from querist_server.service.account import Account
from querist_server.service.calls import Call
from querist_server.service.errors import CODES, LIMITS
from querist_server.service.observing import Outcome
from querist_server.service.quantiles import SHARES, quantiles
from querist_server.service.tallies import Count, Spread

VERDICTS = ("CONTINUE", "STOP", "INCONCLUSIVE")
OTHER = "other"
"""What stands for all methods that are not Querist's own, those that do not exist among them."""
FEW = 50
"""Up to so many numbers Python is done with before numpy has begun."""


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
        self._calls = Count(metrics.CALLS)
        self._call_seconds = Spread(metrics.CALL_SECONDS)
        self._errors = Count(metrics.ERRORS, [(reason,) for reason in CODES])
        self._refused = Count(metrics.REFUSED, [(limit,) for limit in LIMITS])
        self._queue_seconds = Spread(metrics.QUEUE_SECONDS)
        self._bytes = Count(metrics.RECEIVED_BYTES)
        self._selection_seconds = Spread(metrics.SELECTION_SECONDS)
        self._stage_seconds = Count(metrics.STAGE_SECONDS)
        self._rows = Count(metrics.ROWS)
        self._model_runs = Count(metrics.MODEL_RUNS)
        self._chosen = Count(metrics.CHOSEN)
        self._random = Count(metrics.RANDOM)
        self._guarded = Count(metrics.GUARDED)
        self._verdicts = Count(metrics.VERDICTS, [(verdict,) for verdict in VERDICTS])
        self._confidences = Spread(metrics.CONFIDENCE)
        self._newest: dict[str, Statistics] = {}
        registry.register(self)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Count a call."""
        method = self._methods.get(call.method, OTHER)
        account = call.account
        self._calls.add(method, outcome.code)
        self._call_seconds.add(outcome.seconds, method)
        if outcome.reason:
            self._errors.add(outcome.reason)
        if outcome.limit:
            self._refused.add(outcome.limit)
        if account.works:
            self._queue_seconds.add(account.queued)
        if account.bytes:
            self._bytes.add(method, amount=account.bytes)
        if account.verdict:
            self._verdicts.add(account.verdict)
        if account.strategy:
            self._count_work(account)

    def collect(self) -> Iterator[Metric]:
        """Give all counts, and the quantiles of scores, which are made when they are asked for."""
        for tally in vars(self).values():
            if isinstance(tally, (Count, Spread)):
                yield tally.family()
        scores = GaugeMetricFamily(metrics.SCORE_QUANTILE.name, metrics.SCORE_QUANTILE.help, labels=metrics.SCORE_QUANTILE.labels)
        for strategy, statistics in list(self._newest.items()):
            for share, value in zip(SHARES, quantiles(statistics), strict=True):
                scores.add_metric([strategy, str(share)], value)
        yield scores

    def _count_work(self, account: Account) -> None:
        total = 0.0
        for stage, spent in account.stages.by_name.items():
            if spent.seconds:
                self._stage_seconds.add(account.strategy, stage, amount=spent.seconds)
                total += spent.seconds
        if account.model_runs_total:
            self._model_runs.add(amount=account.model_runs_total)
        if account.answered is not None:
            self._selection_seconds.add(total, account.strategy)
            self._rows.add(account.strategy, amount=account.rows)
            self._count_choice(account.strategy, account.answered.selection)

    def _count_choice(self, strategy: str, selection: Selection) -> None:
        self._chosen.add(strategy, amount=len(selection.indices))
        self._newest[strategy] = selection.statistics
        if selection.random_draws is not None:
            self._random.add(amount=int(np.count_nonzero(selection.random_draws)))
        for reason, rows in selection.guarded_tallies.items():
            self._guarded.add(reason, amount=rows)
        if selection.confidences is not None:
            self._count_confidences(selection.confidences)

    def _count_confidences(self, confidences: FloatArray) -> None:
        if len(confidences) <= FEW:
            for confidence in confidences.tolist():
                self._confidences.add(confidence)
            return
        bins = np.searchsorted(metrics.CONFIDENCE.buckets, confidences)
        self._confidences.add_all(np.bincount(bins).tolist(), float(confidences.sum()))
