"""The assessment of all answers: consensus, annotators, agreement, what to ask next."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from querist_server.engine.crowd import dawid_skene as ds
from querist_server.engine.crowd.abstaining import unlabelable
from querist_server.engine.crowd.active_lab import ask_next
from querist_server.engine.crowd.answers import Answers
from querist_server.engine.crowd.crowdlab import crowdlab
from querist_server.engine.crowd.glad import glad
from querist_server.engine.crowd.mace import mace
from querist_server.engine.crowd.majority import majority, weighted
from querist_server.engine.crowd.quality import Quality, quality, without_own
from querist_server.engine.crowd.robust import robust
from querist_server.engine.crowd.tiring import Tiring, tiring
from querist_server.engine.crowd.votes import Consensus, FloatArray, IndexArray, Votes
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import reliability

FEWEST_SHARED = 10
"""Instances with two labels that methods need which weigh annotators by each other."""
MOST_CONFUSED = 100
MOST_CONFUSION_CELLS = 10**7
MOST_ENTRIES = 50_000_000
"""Numbers in all confusion matrices, or with MACE in all habits."""
_BY_OTHERS = ("WEIGHTED", "DAWID_SKENE", "ONE_COIN", "GLAD", "MACE")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for; the fields are those of the contract's `AssessHeader`."""

    kind: str = "CLASSES"
    classes: int = 2
    method: str = "AUTO"
    keep_last: bool = False
    session_gap: float = 1800.0
    bootstrap_rounds: int = 1000
    most_pairs: int = 100
    posteriors: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("session_gap", 1, 1e6), ("bootstrap_rounds", 0, 10_000), ("most_pairs", 0, 10_000)):
            value = getattr(self, name)
            if not low <= value <= high:
                message = f"{name} is {value}; allowed is {low} to {high:g}"
                raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"header.{name}")


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of instances beside their answers.

    Attributes
    ----------
    keys : ndarray of shape (n,), int64
        Rising.
    models : ndarray of shape (K, n, C), or for sets of labels (1, n, L), or None
    features : ndarray of shape (n, F) or None
    """

    keys: IndexArray
    models: FloatArray | None = None
    features: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Pairs:
    """How far annotators agree; the fields are those of the contract's `Agreement`."""

    alphas: dict[str, float | None]
    interval: tuple[float, float] | None
    fleiss: float | None
    pairs: list[tuple[int, int, int, float]]


@dataclass(frozen=True, eq=False)
class Assessed:
    """One of L labels, assessed. N instances by rising key, J annotators by rising key.

    Attributes
    ----------
    method : str
    consensus : Consensus
    labels : ndarray of shape (N,), int64
        The consensus, -1 without any label.
    counts, abstentions : ndarray of shape (N,), int64
    agreements : ndarray of shape (N,), float64
    ask_scores : ndarray of shape (N,), float64, or None
    unlabelable : ndarray of shape (N,), float64
    quality : Quality
    confusions : ndarray of shape (J, C, C) or None
    given, shared, silent : ndarray of shape (J,), int64
        Labels of each annotator, those that can be compared, and abstentions.
    gold_labels, gold_right : ndarray of shape (J,), int64
    mean_seconds, mean_confidence : ndarray of shape (J,), float64, or None
    tiring : list of Tiring or None
    pairs : Pairs
    """

    method: str
    consensus: Consensus
    labels: IndexArray
    counts: IndexArray
    abstentions: IndexArray
    agreements: FloatArray
    ask_scores: FloatArray | None
    unlabelable: FloatArray
    quality: Quality
    confusions: FloatArray | None
    given: IndexArray
    shared: IndexArray
    silent: IndexArray
    gold_labels: IndexArray
    gold_right: IndexArray
    mean_seconds: FloatArray | None
    mean_confidence: FloatArray | None
    tiring: list[Tiring | None]
    pairs: Pairs


def assess(answers: Answers, known: Known, wish: Wish, label: int, checkpoint: Callable[[], None]) -> Assessed:
    """Assess one of L labels (0 but for sets of labels).

    Raises
    ------
    EngineError
        If the method cannot be used with what was sent.
    """
    votes = answers.votes(label, wish.classes)
    models = _models(answers, known, wish, label)
    method = _method(votes, wish, models is not None)
    _check_overlap(votes, method)
    _check_size(votes, method)
    consensus = _consensus(votes, method, models, wish, checkpoint)
    asked = np.flatnonzero(votes.per_item)
    labels = np.full(votes.items, -1)
    labels[asked] = _labels(consensus.posteriors[asked], wish.kind)
    same = np.bincount(votes.item[votes.label == labels[votes.item]], minlength=votes.items)
    silent = answers.labels[:, label] < 0
    abstentions = np.bincount(answers.item[silent], minlength=votes.items)
    checkpoint()
    chances, others = without_own(votes, consensus.posteriors)
    features = None if known.features is None else _spread(known.features, known.keys, answers.instances)
    return Assessed(
        method=method,
        consensus=consensus,
        labels=labels,
        counts=votes.per_item,
        abstentions=abstentions,
        agreements=np.where(votes.per_item > 0, same / np.maximum(votes.per_item, 1), np.nan),
        ask_scores=None if models is None else _ask(votes, models),
        unlabelable=unlabelable(votes.per_item.astype(float), abstentions.astype(float), features),
        quality=quality(votes, chances),
        confusions=_confusions(votes, consensus),
        given=votes.per_annotator,
        shared=votes.shared,
        silent=np.bincount(answers.who[silent], minlength=votes.annotators),
        **_gold(answers, label),
        mean_seconds=_mean(answers, answers.seconds),
        mean_confidence=_mean(answers, answers.confidences),
        tiring=_tiring(answers, votes, others, label, wish, checkpoint),
        pairs=_pairs(votes, answers, wish, checkpoint),
    )


def _models(answers: Answers, known: Known, wish: Wish, label: int) -> FloatArray | None:
    if known.models is None:
        return None
    spread = np.stack([_spread(model, known.keys, answers.instances) for model in known.models])
    missing = np.isnan(spread[0, :, 0])
    if missing.any():
        key = int(answers.instances[missing.argmax()])
        message = f"the instance {key} has answers, but no probabilities; send those of all, or of none"
        raise EngineError("INPUT_MISSING", message, field="instances.probabilities")
    if wish.kind == "SETS":
        chance = spread[:, :, label]
        return np.stack((1 - chance, chance), axis=2)
    return spread


def _spread(rows: FloatArray, keys: IndexArray, instances: IndexArray) -> FloatArray:
    """Return rows for all instances, NaN for those that have none."""
    found = np.full((len(instances), rows.shape[1]), np.nan)
    found[np.searchsorted(instances, keys)] = rows
    return found


def _method(votes: Votes, wish: Wish, has_models: bool) -> str:
    if wish.method == "CROWDLAB" and not has_models:
        raise EngineError("INPUT_MISSING", "CROWDLAB needs the model's probabilities of all instances", field="instances.probabilities")
    if wish.method != "AUTO":
        return wish.method
    if has_models:
        return "CROWDLAB"
    enough = np.count_nonzero(votes.per_item > 1) >= FEWEST_SHARED
    return "ROBUST" if enough and _entries(votes, "ROBUST") <= MOST_ENTRIES else "MAJORITY"


def _entries(votes: Votes, method: str) -> int:
    """Return how many numbers a method keeps of the annotators."""
    return votes.annotators * {"DAWID_SKENE": votes.classes**2, "ROBUST": votes.classes**2, "MACE": votes.classes}.get(method, 1)


def _check_size(votes: Votes, method: str) -> None:
    entries = _entries(votes, method)
    if entries > MOST_ENTRIES:
        message = (
            f"{votes.annotators} annotators and {votes.classes} classes make {entries} numbers with {method}; allowed are {MOST_ENTRIES}"
        )
        raise EngineError("VALUE_OUT_OF_RANGE", f"{message}. ONE_COIN keeps one for each annotator", field="header.method")


def _check_overlap(votes: Votes, method: str) -> None:
    shared = int(np.count_nonzero(votes.per_item > 1))
    if method in _BY_OTHERS and shared < FEWEST_SHARED:
        message = f"{shared} instances have two labels or more; {method} weighs annotators by each other and needs at least {FEWEST_SHARED}"
        raise EngineError("OVERLAP_TOO_SMALL", f"{message}. MAJORITY does not", field="header.method")


def _consensus(votes: Votes, method: str, models: FloatArray | None, wish: Wish, checkpoint: Callable[[], None]) -> Consensus:
    if method == "CROWDLAB" and models is not None:
        return _with_models(votes, models)
    plain = {"MAJORITY": majority, "WEIGHTED": weighted}
    if method in plain:
        return plain[method](votes)
    if method == "MACE":
        return mace(votes, checkpoint, wish.seed)
    return {"DAWID_SKENE": ds.dawid_skene, "ONE_COIN": ds.one_coin, "GLAD": glad, "ROBUST": robust}[method](votes, checkpoint)


def _with_models(votes: Votes, models: FloatArray) -> Consensus:
    """Return CROWDLAB's consensus of the instances with labels; the others are what the models say."""
    posteriors = models.mean(axis=0)
    asked = np.flatnonzero(votes.per_item)
    if not len(asked):
        return Consensus(posteriors, np.ones(votes.annotators))
    found = crowdlab(_among(votes, asked), models[:, asked])[0]
    posteriors[asked] = found.posteriors
    return Consensus(posteriors, found.weights, found.settled, found.model_weight)


def _among(votes: Votes, asked: IndexArray) -> Votes:
    return Votes(np.searchsorted(asked, votes.item), votes.who, votes.label, len(asked), votes.annotators, votes.classes)


def _ask(votes: Votes, models: FloatArray) -> FloatArray:
    asked = votes.per_item > 0
    scores = np.empty(votes.items)
    scores[asked], scores[~asked] = ask_next(_among(votes, np.flatnonzero(asked)), models[:, asked], models[:, ~asked])
    return scores


def _labels(posteriors: FloatArray, kind: str) -> IndexArray:
    if kind == "ORDINAL":
        return np.minimum((np.cumsum(posteriors, axis=1) < 0.5 - 1e-12).sum(axis=1), posteriors.shape[1] - 1)
    return posteriors.argmax(axis=1)


def _confusions(votes: Votes, consensus: Consensus) -> FloatArray | None:
    if votes.classes > MOST_CONFUSED or votes.annotators * votes.classes**2 > MOST_CONFUSION_CELLS:
        return None
    return ds.confusions(votes, consensus.posteriors, ds.STRENGTH)


def _gold(answers: Answers, label: int) -> dict[str, IndexArray]:
    people = len(answers.annotators)
    if answers.gold is None:
        return {"gold_labels": np.zeros(people, np.int64), "gold_right": np.zeros(people, np.int64)}
    known = (answers.gold >= 0) & (answers.labels[:, label] >= 0)
    right = known & (answers.gold == answers.labels[:, label])
    return {
        "gold_labels": np.bincount(answers.who[known], minlength=people),
        "gold_right": np.bincount(answers.who[right], minlength=people),
    }


def _mean(answers: Answers, column: FloatArray | None) -> FloatArray | None:
    """Return the mean of a column by annotator."""
    if column is None:
        return None
    people = len(answers.annotators)
    total = np.bincount(answers.who, weights=column, minlength=people)
    return np.asarray(total / np.bincount(answers.who, minlength=people))


def _tiring(
    answers: Answers, votes: Votes, others: IndexArray, label: int, wish: Wish, checkpoint: Callable[[], None]
) -> list[Tiring | None]:
    if answers.times is None:
        return [None] * votes.annotators
    given = answers.labels[:, label] >= 0
    agreed = np.where(others >= 0, (others == votes.label).astype(float), np.nan)
    times, seconds = answers.times[given], None if answers.seconds is None else answers.seconds[given]
    order = np.lexsort((times, votes.who))
    ends = np.searchsorted(votes.who[order], np.arange(votes.annotators + 1))
    found: list[Tiring | None] = []
    for start, stop in itertools.pairwise(ends):
        checkpoint()
        rows = order[start:stop]
        found.append(tiring(agreed[rows], times[rows], None if seconds is None else seconds[rows], wish.session_gap))
    return found


def _pairs(votes: Votes, answers: Answers, wish: Wish, checkpoint: Callable[[], None]) -> Pairs:
    checkpoint()
    metrics = ("NOMINAL", "ORDINAL", "INTERVAL") if wish.kind == "ORDINAL" else ("NOMINAL",)
    met = reliability.coincidences(votes.item, votes.label, votes.classes)
    interval = None
    if wish.bootstrap_rounds:
        metric = "ORDINAL" if wish.kind == "ORDINAL" else "NOMINAL"
        interval = reliability.bootstrap(
            votes.item, votes.label, votes.classes, metric, wish.seed, wish.bootstrap_rounds, checkpoint=checkpoint
        )
    checkpoint()
    compared = votes.counts[votes.per_item > 0].astype(np.int64)
    pairs = []
    if wish.most_pairs:
        pairs = reliability.pairwise(votes.who, votes.item, votes.label, votes.classes, wish.most_pairs, checkpoint)
    keys = answers.annotators
    return Pairs(
        alphas={metric: reliability.alpha(met, metric) for metric in metrics},
        interval=interval,
        fleiss=reliability.fleiss(compared),
        pairs=[(int(keys[one]), int(keys[other]), shared, kappa) for one, other, shared, kappa in pairs],
    )
