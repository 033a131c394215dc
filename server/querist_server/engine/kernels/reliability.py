"""How far annotators agree beyond chance: Fleiss's kappa, Krippendorff's alpha, and Cohen's kappa of every pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

CELLS_AT_A_TIME = 2**22
"""Numbers in the largest array of a block."""
DRAWS_WORTH_A_BINOMIAL = 16
"""Units that can be drawn one by one in the time that the number of draws of one pattern takes."""
HASH_KEY = 1_960
"""Of the numbers by which patterns are told apart; any would do."""


def _go_on() -> None:
    """Nobody waits to be asked whether to go on."""


def fleiss(counts: IndexArray) -> float | None:
    """Return Fleiss's kappa (1971): the agreeing pairs of labels of a unit, beyond what the shares of the classes give by chance.

    None unless all units have the same number of labels, at least 2. It is 1 if all labels are one class.

    Parameters
    ----------
    counts : ndarray of shape (n, C)
        How many gave each class to each unit.
    """
    sizes = counts.sum(axis=1)
    if not len(sizes) or sizes[0] < 2 or (sizes != sizes[0]).any():
        return None
    raters, total = int(sizes[0]), int(sizes.sum())
    agreed = float(((counts**2).sum() - total) / (total * (raters - 1)))
    chance = float(((counts.sum(axis=0) / total) ** 2).sum())
    return 1.0 if chance == 1.0 else (agreed - chance) / (1 - chance)


def krippendorff(units: IndexArray, labels: IndexArray, classes: int, metric: str) -> float | None:
    """Return Krippendorff's alpha; see `coincidences` and `alpha`."""
    return alpha(coincidences(units, labels, classes), metric)


def coincidences(units: IndexArray, labels: IndexArray, classes: int) -> FloatArray:
    """Return how often each two classes met in a unit, (C, C): the matrix o of Krippendorff, "Computing alpha-reliability" (2011).

    Each ordered pair of labels of a unit with m labels counts 1 / (m - 1), so that the sum is the number of labels in units that have at
    least 2. The order of the labels does not matter, bit for bit.

    Parameters
    ----------
    units : ndarray of shape (T,)
        The unit of each label, from 0.
    labels : ndarray of shape (T,)
        Its class, from 0 to C - 1.
    classes : int
        C.
    """
    table, sizes = _table(units, labels, classes)
    order = np.argsort(sizes, kind="stable")
    table, sizes = table[order], sizes[order]
    result = np.zeros((classes, classes))
    for size, start, stop in zip(*_runs(sizes), strict=True):
        alike = table[start:stop]
        pairs = (alike.T @ alike - sparse.diags_array(alike.sum(axis=0), dtype=np.int64)).tocoo()  # whole numbers, hence exact
        result[pairs.row, pairs.col] += pairs.data / (size - 1)
    return result


def alpha(coincidences: FloatArray, metric: str) -> float | None:
    """Return Krippendorff's alpha (2011), 1 - D_o / D_e, of a matrix of coincidences, (C, C).

    None if it is empty. Without any disagreement it is 1, even if all labels are one class and there could be none.

    Parameters
    ----------
    coincidences : ndarray of shape (C, C)
    metric : str
        NOMINAL: classes differ or not. ORDINAL: by the labels between them. INTERVAL: by the difference of their numbers.
    """
    margins = coincidences.sum(axis=1)
    total = float(margins.sum())
    if total == 0:
        return None
    ones, others = np.nonzero(coincidences)
    if metric == "NOMINAL":
        apart = (ones != others).astype(np.float64)
    else:
        values = _values(margins, metric)
        apart = (values[ones] - values[others]) ** 2
    observed = float((coincidences[ones, others] * apart).sum())
    return 1 - (total - 1) * observed / float(_expected(margins, metric)) if observed else 1.0


def bootstrap(
    units: IndexArray,
    labels: IndexArray,
    classes: int,
    metric: str,
    seed: int,
    rounds: int = 1000,
    level: float = 0.95,
    checkpoint: Callable[[], None] = _go_on,
) -> tuple[float, float] | None:
    """Return a percentile interval of Krippendorff's alpha from resampled units (Efron and Tibshirani 1993, chapter 13).

    Only units with at least 2 labels are drawn, as many as there are, with replacement. None if there are fewer than 2 such units. Units
    with the same labels are one pattern, and only how often each pattern is drawn matters. That makes no difference to the distribution.

    Parameters
    ----------
    units, labels, classes, metric
        As of `coincidences` and `alpha`.
    seed : int
        The same labels and seed give the same interval, in whatever order the labels and the units come.
    rounds : int
        How often the units are resampled.
    level : float
        What part of the rounds is inside.
    checkpoint : callable
        Called between blocks of rounds.
    """
    table, _ = _table(units, labels, classes)
    if table.shape[0] < 2:
        return None
    patterns, times = _patterns(table)
    generator = np.random.Generator(np.random.Philox(seed))
    most = max(1, CELLS_AT_A_TIME // max(len(times), classes))
    alphas = []
    for done in range(0, rounds, most):
        checkpoint()
        alphas.append(_alphas(patterns, _draws(times, min(most, rounds - done), generator), metric))
    low, high = np.quantile(np.concatenate(alphas), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def pairwise(
    annotators: IndexArray, units: IndexArray, labels: IndexArray, classes: int, most_pairs: int, checkpoint: Callable[[], None] = _go_on
) -> list[tuple[int, int, int, float]]:
    """Return Cohen's kappa (1960) of pairs of annotators on the units that both labelled, as `agreement.cohen_kappa` has it.

    Parameters
    ----------
    annotators : ndarray of shape (T,)
        Who gave each label, from 0; nobody labels a unit twice.
    units, labels, classes
        As of `coincidences`.
    most_pairs : int
        How many pairs are returned, at least 1: those that share the most units, the lower numbers first on a tie.
    checkpoint : callable
        Called between blocks of annotators, and for each annotator of a pair.

    Returns
    -------
    list of (int, int, int, float)
        The two annotators, the lower number first, how many units they share, at least 2, and their kappa. Most units first.
    """
    if not len(annotators):
        return []
    order = np.lexsort((units, annotators))
    units, labels = units[order], labels[order]
    starts = np.searchsorted(annotators[order], np.arange(int(annotators.max()) + 2))
    ones, others, shared = _most_shared(units, starts, most_pairs, checkpoint)
    kappas = np.empty(len(ones))
    mine = np.full(int(units.max()) + 1, -1)
    most = max(1, CELLS_AT_A_TIME // classes)
    order = np.argsort(ones, kind="stable")
    for one, begins, ends in zip(*_runs(ones[order]), strict=True):
        checkpoint()
        pairs, own = order[begins:ends], slice(starts[one], starts[one + 1])
        mine[units[own]] = labels[own]
        for begin in range(0, len(pairs), most):
            block = pairs[begin : begin + most]
            sizes = starts[others[block] + 1] - starts[others[block]]
            rows = np.concatenate([np.arange(starts[other], starts[other + 1]) for other in others[block]])
            both = mine[units[rows]] >= 0
            rows, numbers = rows[both], np.repeat(np.arange(len(block)), sizes)[both]
            kappas[block] = _kappas(numbers, mine[units[rows]], labels[rows], shared[block], classes)
        mine[units[own]] = -1
    return list(zip(ones.tolist(), others.tolist(), shared.tolist(), kappas.tolist(), strict=True))


def _table(units: IndexArray, labels: IndexArray, classes: int) -> tuple[Any, IndexArray]:
    """Return how many gave each class to each unit that has at least 2 labels, sparse (n, C), and how many labels each has, (n,)."""
    counts = np.bincount(units)
    paired = counts >= 2
    kept = paired[units]
    rows = (np.cumsum(paired) - 1)[units[kept]]
    table = sparse.csr_array((np.ones(len(rows), np.int64), (rows, labels[kept])), shape=(np.count_nonzero(paired), classes))
    return table, counts[paired]


def _runs(rising: IndexArray) -> tuple[IndexArray, IndexArray, IndexArray]:
    """Return the different numbers of a rising array, and where each begins and ends."""
    values, begins = np.unique(rising, return_index=True)
    return values, begins, np.append(begins[1:], len(rising))[: len(values)]


def _patterns(table: Any) -> tuple[Any, IndexArray]:
    """Return the different rows of a sparse table (n, C), in an order that depends on them alone, and how many there are of each.

    Rows are told apart by 64-bit sums of fixed random numbers. That two of 100,000 different ones have the same sum has a chance of about
    one in a thousand million, and would make one unit count as another.
    """
    numbers = np.random.Philox(key=HASH_KEY).random_raw(table.shape[1])
    _, first, times = np.unique(table.astype(np.uint64) @ numbers, return_index=True, return_counts=True)
    return table[first], times


def _draws(times: IndexArray, rounds: int, generator: np.random.Generator) -> IndexArray:
    """Return how often each pattern is drawn in each round, (rounds, P), for n draws from n units of which `times` have each pattern."""
    total = int(times.sum())
    if len(times) * DRAWS_WORTH_A_BINOMIAL < total:
        return generator.multinomial(total, times / total, size=rounds)
    owners = np.repeat(np.arange(len(times)), times)
    return np.stack([np.bincount(owners[generator.integers(0, total, total)], minlength=len(times)) for _ in range(rounds)])


def _alphas(patterns: Any, draws: IndexArray, metric: str) -> FloatArray:
    """Return alpha of each round, (rounds,), from sparse patterns (P, C) and how often each was drawn, (rounds, P).

    In a unit with m labels of which n_c are of class c with value v_c, the pairs of labels differ by 2 (m sum n_c v_c^2 - (sum n_c v_c)^2).
    """
    margins = draws @ patterns
    split = np.diff(patterns.indptr) > 1  # the others have no pairs that differ
    patterns, draws = patterns[split], draws[:, split]
    sizes = patterns.sum(axis=1)
    if metric == "NOMINAL":
        observed = draws @ ((sizes**2 - (patterns**2).sum(axis=1)) / (sizes - 1))
    else:
        values = _values(margins, metric)
        squares = (draws * (sizes / (sizes - 1))) @ patterns * values**2
        observed = 2 * (squares.sum(axis=1) - np.einsum("rp,pr,p->r", draws, (patterns @ values.T) ** 2, 1 / (sizes - 1)))
    met = draws.any(axis=1)
    result = np.ones(len(draws))
    result[met] -= (margins[met].sum(axis=1) - 1) * observed[met] / _expected(margins[met], metric)
    return result


def _values(margins: Array, metric: str) -> FloatArray:
    """Return numbers whose differences are those of the classes, (..., C), for margins of that shape.

    The ordinal difference of two classes, the labels between them and half of theirs, is that of their mean ranks.
    """
    if metric == "ORDINAL":
        return np.cumsum(margins, axis=-1) - margins / 2
    if metric == "INTERVAL":
        return np.broadcast_to(np.arange(margins.shape[-1], dtype=np.float64), margins.shape)
    raise ValueError(f"metric is {metric!r}, must be NOMINAL, ORDINAL or INTERVAL")


def _expected(margins: Array, metric: str) -> FloatArray:
    """Return the sum over pairs of classes of n_c n_k times their squared difference, (...), for margins (..., C)."""
    total = margins.sum(axis=-1)
    if metric == "NOMINAL":
        return np.asarray(total**2 - (margins**2).sum(axis=-1), np.float64)
    values = _values(margins, metric)
    middle = (margins * values).sum(axis=-1) / total
    return np.asarray(2 * total * (margins * (values - middle[..., None]) ** 2).sum(axis=-1))


def _most_shared(
    units: IndexArray, starts: IndexArray, most: int, checkpoint: Callable[[], None]
) -> tuple[IndexArray, IndexArray, IndexArray]:
    """Return the pairs of annotators that share the most units, at least 2: the lower number, the higher, and how many they share.

    Parameters
    ----------
    units : ndarray of shape (T,)
        Those of annotator a are at `starts[a]` to `starts[a + 1]`, in rising order.
    """
    annotators = len(starts) - 1
    marks = sparse.csr_array((np.ones(len(units), np.int64), units, starts), shape=(annotators, int(units.max()) + 1))
    turned = marks.T.tocsr()
    step = max(1, CELLS_AT_A_TIME // annotators)
    best = np.empty((3, 0), np.int64)
    for begin in range(0, annotators, step):
        checkpoint()
        met = (marks[begin : begin + step] @ turned).tocoo()
        pairs = np.stack((met.row + np.int64(begin), met.col.astype(np.int64), met.data))
        best = np.concatenate((best, pairs[:, (pairs[0] < pairs[1]) & (pairs[2] >= 2)]), axis=1)
        if best.shape[1] > most:
            best = best[:, best[2] >= np.partition(best[2], -most)[-most]]
        best = best[:, np.lexsort((best[1], best[0], -best[2]))[:most]]
    return best[0], best[1], best[2]


def _kappas(pairs: IndexArray, one: IndexArray, other: IndexArray, shared: IndexArray, classes: int) -> FloatArray:
    """Return Cohen's kappa of each pair of annotators, (P,).

    Parameters
    ----------
    pairs, one, other : ndarray of shape (m,)
        The pair, and the two labels, of each unit that a pair shares.
    shared : ndarray of shape (P,)
        How many units each pair shares.
    """
    count = len(shared)
    agreed = np.bincount(pairs[one == other], minlength=count)
    shares = [np.bincount(pairs * classes + labels, minlength=count * classes).reshape(count, classes) for labels in (one, other)]
    chance = np.einsum("pc,pc->p", *shares)
    same = chance == shared**2
    return np.where(same, 1.0, (agreed * shared - chance) / np.where(same, 1, shared**2 - chance))
