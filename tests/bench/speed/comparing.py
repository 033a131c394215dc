"""Whether two contestants chose the same, where a method leaves no choice but ties and rounding."""

from typing import Any

import numpy as np

Answer = dict[str, Any]
Compared = tuple[bool, str]
ROUNDING = 1e-5
"""How far the scores of equally good choices may be apart: contestants compute in float32 or float64, in orders of their own."""


def _xlogx(shares):
    return np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1)), 0)


def _least_confidence(arrays, rows):
    return 1 - arrays["probabilities"][rows].max(axis=1)


def _margin(arrays, rows):
    parted = np.sort(arrays["probabilities"][rows], axis=1)
    return parted[:, -2] - parted[:, -1]


def _entropy(arrays, rows):
    return -_xlogx(arrays["probabilities"][rows].astype(np.float64)).sum(axis=1)


def _vote_entropy(arrays, rows):
    members = arrays["committee"][:, rows]
    votes = members.argmax(axis=2)
    return -_xlogx(np.stack([(votes == each).mean(axis=0) for each in range(members.shape[2])], axis=1)).sum(axis=1)


def _bald(arrays, rows):
    members = arrays["committee"][:, rows].astype(np.float64)
    return -_xlogx(members.mean(axis=0)).sum(axis=1) + _xlogx(members).sum(axis=2).mean(axis=0)


ORACLES = {
    "least_confidence": _least_confidence,
    "margin": _margin,
    "entropy": _entropy,
    "vote_entropy": _vote_entropy,
    "bald": _bald,
}
"""Scores in float64, of some rows."""


def same_top(strategy: str):
    """Return what compares two rankings' tops: they hold the same scores, so that they differ in ties alone."""

    def compare(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
        mine, others = ours["indices"], theirs["indices"]
        score = ORACLES[strategy]
        values = [np.sort(score(arrays, np.asarray(rows))) for rows in (mine, others)]
        equal = len(mine) == len(others) == len(set(others)) and np.allclose(*values, rtol=ROUNDING, atol=ROUNDING)
        common = len(set(mine) & set(others))
        return bool(equal), f"{common} of {len(mine)} in common, {'equal' if equal else 'OTHER'} scores"

    return compare


def same_model_margins(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
    """Compare two tops by margins of a model's probabilities, which hang on the batches that it is run in by rounding."""
    import onnxruntime

    session = onnxruntime.InferenceSession(arrays["model"].tobytes(), providers=["CPUExecutionProvider"])
    rows = sorted({*ours["indices"], *theirs["indices"]})
    told = dict(zip(rows, session.run(None, {"x": arrays["model_inputs"][rows]})[0], strict=True))
    found = [{"probabilities": np.array([told[row] for row in each["indices"]])} for each in (ours, theirs)]
    values = [np.sort(_margin(each, slice(None))) for each in found]
    equal = np.allclose(*values, rtol=ROUNDING, atol=ROUNDING)
    common = len(set(ours["indices"]) & set(theirs["indices"]))
    return bool(equal), f"{common} of {len(ours['indices'])} in common, {'equal' if equal else 'OTHER'} scores"


def same_k_center(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
    """Compare two greedy k-centers: the same picks, or each of the other's is as far as any could be, but for rounding."""
    if ours["indices"] == theirs["indices"]:
        return True, f"the same {len(ours['indices'])} in the same order"
    points = arrays["embeddings"].astype(np.float64)
    near = np.full(len(points), np.inf)
    centres = list(arrays["labelled.embeddings"].astype(np.float64))
    for number, pick in enumerate(theirs["indices"]):
        near = np.minimum(near, ((points - centres[-1]) ** 2).sum(axis=1))
        if near[pick] < near.max() * (1 - ROUNDING):
            return False, f"pick {number + 1} is {np.sqrt(near[pick]):.6g} from the nearest, another {np.sqrt(near.max()):.6g}"
        centres.append(points[pick])
    common = len(set(ours["indices"]) & set(theirs["indices"]))
    return True, f"{common} in common, and each pick was as far as any"


def same_coverage(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
    """Compare two greedy facility locations by the same set, or an objective that is equal but for rounding."""
    common = len(set(ours["indices"]) & set(theirs["indices"]))
    values = [coverage(arrays, each["indices"]) for each in (ours, theirs)]
    equal = np.isclose(*values, rtol=ROUNDING)
    return bool(equal), f"{common} of {len(ours['indices'])} in common, objectives {values[0]:.7g} and {values[1]:.7g}"


def same_scores(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
    """Compare the scores of what comes first."""
    equal = np.allclose(ours["scores"], theirs["scores"], rtol=1e-9, atol=1e-10)
    return bool(equal), f"{'equal' if equal else 'OTHER'} scores"


def same_beginning(count: int):
    """Return what compares the first picks, before any are drawn."""

    def compare(arrays: dict[str, np.ndarray], ours: Answer, theirs: Answer) -> Compared:
        equal = ours["indices"][:count] == theirs["indices"][:count]
        return equal, f"{'the same' if equal else 'OTHER'} first {count}; the rest hangs on draws"

    return compare


def radius(arrays: dict[str, np.ndarray], chosen: list[int]) -> float:
    """Return the largest distance of an instance to the nearest that was chosen or is labelled."""
    points = arrays["embeddings"]
    near = np.full(len(points), np.inf)
    for centre in [*arrays["labelled.embeddings"], *points[chosen]]:
        near = np.minimum(near, ((points - centre) ** 2).sum(axis=1))
    return float(np.sqrt(near.max()))


def inertia(arrays: dict[str, np.ndarray], chosen: list[int]) -> float:
    """Return the sum of squared distances to the nearest that was chosen."""
    points = arrays["embeddings"]
    near = np.full(len(points), np.inf)
    for row in chosen:
        near = np.minimum(near, ((points - points[row]) ** 2).sum(axis=1))
    return float(near.sum())


def coverage(arrays: dict[str, np.ndarray], chosen: list[int]) -> float:
    """Return the facility-location objective with similarity (1 + cosine) / 2."""
    points = arrays["embeddings"].astype(np.float64)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    return float(((1 + unit @ unit[chosen].T) / 2).max(axis=1).sum())


def potential(arrays: dict[str, np.ndarray], chosen: list[int]) -> float:
    """Return what BADGE lowers: the sum of squared distances of gradient embeddings to the nearest that was chosen."""
    told, points = arrays["probabilities"].astype(np.float64), arrays["embeddings"].astype(np.float64)
    residual = told.copy()
    residual[np.arange(len(told)), told.argmax(axis=1)] -= 1
    inner = (residual @ residual[chosen].T) * (points @ points[chosen].T)
    squares = (residual**2).sum(axis=1) * (points**2).sum(axis=1)
    return float((squares[:, None] + squares[chosen] - 2 * inner).min(axis=1).clip(0).sum())
