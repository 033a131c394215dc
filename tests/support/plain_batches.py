"""Batches without a server."""

from typing import Any

import numpy as np
import querist
from querist.results import Guarded, Histogram, PoolStatistics


def batch_of(ids: list[Any] | None, *, predicted: list[int], **columns: Any) -> querist.Batch:
    """Return a batch of as many instances as are predicted, the first first."""
    count = len(predicted)
    empty = np.array([], np.int64)
    histogram = Histogram(0.0, 1.0, empty)
    statistics = PoolStatistics(count, count, 0, 2, 0, "PROBABILITIES", 0.0, 1.0, 0.5, 0.1, histogram, 0)
    return querist.Batch(
        indices=np.arange(count),
        scores=np.arange(count, 0, -1).astype(float),
        priorities=1 - np.arange(count) / count,
        plan=querist.Plan("margin"),
        strategy="margin",
        seed=1,
        selection_id="",
        statistics=statistics,
        guarded=Guarded(0, empty, (), empty.astype(float), {}),
        timings={},
        warnings=(),
        server_version="",
        ids=ids,
        predicted_labels=np.array(predicted, np.int32),
        **{name: np.array(values) for name, values in columns.items()},
    )
