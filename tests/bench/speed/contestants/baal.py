"""baal in process. It ranks the whole pool."""

import numpy as np
from baal.active import heuristics

SCORED = {"least_confidence": heuristics.Certainty, "margin": heuristics.Margin, "entropy": heuristics.Entropy}


def prepare(task, arrays):
    if task["strategy"] == "bald":
        told = np.ascontiguousarray(np.moveaxis(arrays["committee"], 0, 2))
        heuristic = heuristics.BALD()
    else:
        told = arrays["probabilities"]
        heuristic = SCORED[task["strategy"]]()
    return lambda: {"indices": heuristic(told)[: task["count"]].tolist()}
