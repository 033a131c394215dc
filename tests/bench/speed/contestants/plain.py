"""Plain numpy, as one would write it without a library."""

import numpy as np


def least_confidence(arrays):
    return 1 - arrays["probabilities"].max(axis=1)


def margin(arrays):
    parted = np.partition(arrays["probabilities"], -2, axis=1)
    return parted[:, -2] - parted[:, -1]


def entropy(arrays):
    p = arrays["probabilities"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.nansum(p * np.log(p), axis=1)


def vote_entropy(arrays):
    committee = arrays["committee"]
    votes = committee.argmax(axis=2)
    shares = np.stack([(votes == each).mean(axis=0) for each in range(committee.shape[2])], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.nansum(shares * np.log(shares), axis=1)


def consensus_entropy(arrays):
    return entropy({"probabilities": arrays["committee"].mean(axis=0)})


def bald(arrays):
    committee = arrays["committee"]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = -np.nansum(committee * np.log(committee), axis=2).mean(axis=0)
    return consensus_entropy(arrays) - each


SCORES = {function.__name__: function for function in (least_confidence, margin, entropy, vote_entropy, consensus_entropy, bald)}


def k_center(arrays, count):
    points = arrays["embeddings"]
    squares = (points * points).sum(axis=1)
    near, chosen = np.full(len(points), np.inf, np.float32), []
    for centre in arrays["labelled.embeddings"]:
        near = np.minimum(near, squares - 2 * (points @ centre) + centre @ centre)
    for _ in range(count):
        pick = int(near.argmax())
        chosen.append(pick)
        near = np.minimum(near, squares - 2 * (points @ points[pick]) + squares[pick])
    return chosen


def prepare(task, arrays):
    if task["strategy"] == "k_center":
        return lambda: {"indices": k_center(arrays, task["count"])}
    score, count = SCORES[task["strategy"]], task["count"]

    def run():
        scores = score(arrays)
        best = np.argpartition(scores, -count)[-count:]
        return {"indices": best[np.argsort(-scores[best])].tolist()}

    return run
