"""Counts and histograms as plain numbers, which cost a tenth of a microsecond to add to, and their form for Prometheus when it asks.

They are written on the event loop alone and read on a scraper's thread; a scrape may see one call's counts in part, as any scrape may.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from querist_server import metrics

Labels = tuple[str, ...]


class Count:
    """A counter for each combination of labels.

    Parameters
    ----------
    metric : Metric
    known : iterable of tuple of str
        Labels that are shown before anything is counted: to Prometheus a count that begins with 1 is no increase. Default: the only one,
        of a metric without labels.
    """

    def __init__(self, metric: metrics.Metric, known: Iterable[Labels] = ()) -> None:
        self._metric = metric
        self._counts: dict[Labels, float] = dict.fromkeys(known if metric.labels else [()], 0)

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count."""
        self._counts[labels] = self._counts.get(labels, 0) + amount

    def family(self) -> Metric:
        """Return what a scraper reads."""
        found = CounterMetricFamily(self._metric.name, self._metric.help, labels=self._metric.labels)
        for labels, count in list(self._counts.items()):
            found.add_metric(labels, count)
        return found


class Spread:
    """A histogram for each combination of labels."""

    def __init__(self, metric: metrics.Metric) -> None:
        self._metric = metric
        self._bins: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        if not metric.labels:
            self._begin(())

    def add(self, value: float, *labels: str) -> None:
        """Count a value."""
        bins = self._bins.get(labels) or self._begin(labels)
        bins[bisect_left(self._metric.buckets, value)] += 1
        self._sums[labels] += value

    def add_all(self, counts: Iterable[int], total: float) -> None:
        """Count many values, by their bins; for a histogram without labels."""
        bins = self._bins[()]
        for place, count in enumerate(counts):
            bins[place] += count
        self._sums[()] += total

    def family(self) -> Metric:
        """Return what a scraper reads."""
        found = HistogramMetricFamily(self._metric.name, self._metric.help, labels=self._metric.labels)
        names = [*map(str, self._metric.buckets), "+Inf"]
        for labels, bins in list(self._bins.items()):
            found.add_metric(labels, list(zip(names, accumulate(bins), strict=True)), self._sums[labels])
        return found

    def _begin(self, labels: Labels) -> list[int]:
        self._sums[labels] = 0.0
        self._bins[labels] = bins = [0] * (len(self._metric.buckets) + 1)
        return bins
