"""ALiPy in process."""

import collections
import collections.abc

import numpy as np

collections.Iterable = collections.abc.Iterable  # which ALiPy 1.2.5 still asks for
from alipy.query_strategy.query_labels import QueryInstanceCoresetGreedy, QueryInstanceUncertainty  # noqa: E402

MEASURES = {"least_confidence": "least_confident", "margin": "margin", "entropy": "entropy"}


def prepare(task, arrays):
    count, strategy = task["count"], task["strategy"]
    if strategy == "k_center":
        return _k_center(arrays, count)
    told = arrays["probabilities"]
    rows = np.arange(len(told))
    query = QueryInstanceUncertainty(measure=MEASURES[strategy])
    return lambda: {"indices": list(map(int, query.select_by_prediction_mat(rows, told, batch_size=count)))}


def _k_center(arrays, count):
    pool = arrays["embeddings"]
    points = np.concatenate((pool, arrays["labelled.embeddings"]))
    known = np.arange(len(pool), len(points))

    def run():
        query = QueryInstanceCoresetGreedy(points, np.zeros(len(points)), np.arange(len(points)))
        return {"indices": list(map(int, query.select(known, range(len(pool)), batch_size=count)))}

    return run
