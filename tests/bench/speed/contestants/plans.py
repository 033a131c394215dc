"""What `Client.select` is told for a task."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import querist
from querist import parts

PLANS = {
    "parzen": lambda task: querist.Plan(
        parts.ParzenErrorReduction(evaluation="target", bandwidth=task["gamma"] ** -0.5, prior=task["prior"]), parts.Top()
    ),
    "batch_bald": lambda task: querist.Plan("bald", parts.BatchBald(most_outcomes=task["outcomes"])),
}
"""Plans that need more than the name of a preset."""
STREAMED_ROWS, STREAMED_CLASSES = 100_000, 10


def selection(task: dict[str, Any], arrays: dict[str, np.ndarray], upload: Callable[[bytes], str]) -> Callable[[], dict[str, Any]]:
    """Return what makes the arguments of one selection.

    The array "labelled.embeddings" is `labelled["embeddings"]`; "model" is an ONNX model, which `upload` turns into its digest.
    """
    given: dict[str, Any] = {}
    for name, array in arrays.items():
        outer, _, inner = name.partition(".")
        if inner:
            given.setdefault(outer, {})[inner] = array
        elif name == "model":
            given["models"] = [upload(array.tobytes())]
        else:
            given[name] = array
    given |= {name: task[name] for name in ("count", "seed", "class_count") if name in task}
    given["strategy"] = PLANS[task["plan"]](task) if "plan" in task else task["strategy"]
    rows = task.get("streamed")
    return lambda: {**given, **({"probabilities": batches(rows)} if rows else {})}


def batches(rows: int) -> Iterator[np.ndarray]:
    """Give a pool that is never held: views of one random block, each begun elsewhere, so that no two are alike and none is copied."""
    block = np.random.default_rng(1).dirichlet(np.ones(STREAMED_CLASSES), 2 * STREAMED_ROWS).astype(np.float32)
    for number, first in enumerate(range(0, rows, STREAMED_ROWS)):
        begin = 997 * number % STREAMED_ROWS
        yield block[begin : begin + min(STREAMED_ROWS, rows - first)]
