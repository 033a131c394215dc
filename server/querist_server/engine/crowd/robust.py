"""A consensus that leaves the majority only if a model of the annotators foretells labels that it has not seen clearly better.

Models whose annotators differ gain much where annotators do differ, and lose much where they fit noise. Here they have to earn it.
Instances with several labels are halved; each model is fitted to one half and foretells the other. What counts is the gain of the log
likelihood over a model in which all annotators are alike, paired by instance. Without a clear winner the majority stands. With one, its
posteriors count against the majority's vote, which keeps a say of its own: a model has to be surer the other way by that much.

Candidates, from few parameters to many: one coin; knowing or following a habit, as in MACE (Hovy et al., NAACL 2013), which tells spammers
of one class from the class; Dawid and Skene's confusion matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist_server.engine.crowd.dawid_skene import confusions, dawid_skene, diagonal, one_coin
from querist_server.engine.crowd.majority import agreement_rate
from querist_server.engine.crowd.votes import Consensus, FloatArray, IndexArray, Votes, from_logs, normalised, tally

Keys = npt.NDArray[np.uint64]

ROUNDS = 40
"""The most for each fit."""
CLEAR = 3.0
"""Standard errors by which a model must foretell better than annotators who are alike."""
CLEAR_OF_TWO = 6.0
"""The same if there are two annotators: who of them is right shows in their habits only, not in how often they agree."""
LABELS_OF_TWO_CLASSES = 8.0
"""With two classes, the mean labels per instance below which the majority stands: a habit and a class then look the same."""
LABELS_OF_ANNOTATOR = 20.0
"""The mean labels per annotator, of instances with several, below which the majority stands."""
SAY = 0.2
"""What the majority's class is worth beside a posterior."""
SAY_OF_TWO_CLASSES, MOST_TURNED = 0.4, 0.25
"""The same with two classes, and the share of instances beyond which a model of two classes has more likely swapped them than seen more."""
COIN, HABIT, MATRIX = 20.0, 10.0, 20.0
"""How many labels' worth of a typical annotator each one is taken to have given beforehand, by model."""
ALIKE = 1e9
"""The same, so large that all annotators are typical."""
TIE = 1e-6
"""Labels' worth of the shares of all votes, which breaks ties."""
SETTLED = 1e-4
"""Mean change of a posterior below which the habits are at rest."""


@dataclass(frozen=True, eq=False)
class _Fit:
    """Confusion matrices (J, C, C), shares of the classes (C,), accuracy by annotator (J,), whether it came to rest."""

    matrices: FloatArray
    shares: FloatArray
    accuracy: FloatArray
    settled: bool


_Method = Callable[[Votes, Callable[[], None]], _Fit]


def robust(votes: Votes, checkpoint: Callable[[], None]) -> Consensus:
    """Return the posteriors of the model that foretells unseen labels best, or the shares of the votes if none does so clearly.

    The weights are the accuracies of the annotators by that model, or how often each agrees with the others.

    Parameters
    ----------
    votes : Votes
    checkpoint : callable
        Called at each round of each fit.
    """
    shares = _vote_shares(votes)
    several = votes.per_item > 1
    if votes.classes < 2 or several.sum() < 4 or votes.shared.sum() < LABELS_OF_ANNOTATOR * np.count_nonzero(votes.per_annotator):
        return Consensus(shares, agreement_rate(votes))
    if votes.classes == 2 and votes.per_item[several].mean() < LABELS_OF_TWO_CLASSES:
        return Consensus(shares, agreement_rate(votes))
    overlap = _kept(votes, several)
    method = _best(overlap, checkpoint)
    if method is None:
        return Consensus(shares, agreement_rate(votes))
    fit = method(overlap, checkpoint)
    posteriors = from_logs(_logs(votes, fit))
    labelled = np.flatnonzero(votes.per_item)
    voted = shares[labelled].argmax(axis=1)
    posteriors[labelled, voted] += SAY if votes.classes > 2 else SAY_OF_TWO_CLASSES
    if votes.classes == 2 and (posteriors[labelled].argmax(axis=1) != voted).mean() > MOST_TURNED:
        return Consensus(shares, agreement_rate(votes))
    return Consensus(normalised(posteriors), fit.accuracy, fit.settled)


def _vote_shares(votes: Votes) -> FloatArray:
    """Return the shares of the votes, shape (N, C); ties lean towards the class with more votes in all."""
    total = votes.counts.sum(axis=0)
    return normalised(votes.counts + TIE * total / max(1.0, float(total.sum())))


def _best(votes: Votes, checkpoint: Callable[[], None]) -> _Method | None:
    """Return the method that foretells unseen halves best among those which clearly beat annotators who are alike."""
    first = np.zeros(votes.items, dtype=bool)
    first[np.argsort(_keys(votes), kind="stable")[::2]] = True
    halves = [(_kept(votes, first), _kept(votes, ~first)), (_kept(votes, ~first), _kept(votes, first))]

    def foretold(method: _Method) -> FloatArray:
        return np.concatenate([_log_sum(_logs(unseen, method(seen, checkpoint))) for seen, unseen in halves])

    clear = CLEAR if votes.annotators > 2 else CLEAR_OF_TWO
    alike = foretold(_alike)
    best, most = None, 0.0
    for method in (_coins, _habits, _matrices):
        gain = foretold(method) - alike
        mean, error = float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))
        if mean > clear * error and mean > most:
            best, most = method, mean
    return best


def _alike(votes: Votes, checkpoint: Callable[[], None]) -> _Fit:
    return _coin_fit(votes, checkpoint, ALIKE)


def _coins(votes: Votes, checkpoint: Callable[[], None]) -> _Fit:
    return _coin_fit(votes, checkpoint, COIN)


def _coin_fit(votes: Votes, checkpoint: Callable[[], None], strength: float) -> _Fit:
    found = one_coin(votes, checkpoint, strength=strength, rounds=ROUNDS)
    matrices = np.repeat((1 - found.weights) / (votes.classes - 1), votes.classes**2).reshape(-1, votes.classes, votes.classes)
    matrices[:, range(votes.classes), range(votes.classes)] = found.weights[:, None]
    return _Fit(matrices, _class_shares(found.posteriors), found.weights, found.settled)


def _matrices(votes: Votes, checkpoint: Callable[[], None]) -> _Fit:
    found = dawid_skene(votes, checkpoint, strength=MATRIX, rounds=ROUNDS)
    return _Fit(confusions(votes, found.posteriors, MATRIX), _class_shares(found.posteriors), found.weights, found.settled)


def _habits(votes: Votes, checkpoint: Callable[[], None]) -> _Fit:
    """Fit annotators who know the class with a chance of their own, (J,), and otherwise label by a habit of their own, (J, C).

    The chance is drawn towards that of all together, the habit towards an even one by half as many labels' worth.
    """
    people, classes = votes.annotators, votes.classes
    posteriors = normalised(votes.counts)
    knows, habits = np.full(people, 0.5), np.full((people, classes), 1 / classes)
    shares, settled = _class_shares(posteriors), False
    cells, own = votes.item * classes + votes.label, votes.who * classes + votes.label
    for _ in range(ROUNDS):
        checkpoint()
        sure, guess = knows[votes.who], (1 - knows)[votes.who] * habits[votes.who, votes.label]
        known = posteriors[votes.item, votes.label] * sure / (sure + guess)
        knows = (tally(votes.who, known, people) + HABIT * known.mean()) / (votes.per_annotator + HABIT)
        guessed = tally(own, 1 - known, people * classes).reshape(people, classes) + HABIT / 2 / classes
        habits = guessed / guessed.sum(axis=1, keepdims=True)
        shares = _class_shares(posteriors)
        # A wrong class explains a label only by habit; the right one by knowledge, too.
        odds = np.log1p(knows[:, None] / ((1 - knows)[:, None] * habits))
        logs = tally(cells, odds[votes.who, votes.label], votes.items * classes).reshape(votes.items, classes) + np.log(shares)
        found = from_logs(logs)
        moved = float(np.abs(found - posteriors).mean())
        posteriors = found
        if moved < SETTLED:
            settled = True
            break
    matrices = np.repeat(((1 - knows)[:, None] * habits)[:, None, :], classes, axis=1)
    matrices[:, range(classes), range(classes)] += knows[:, None]
    return _Fit(matrices, shares, diagonal(matrices, shares), settled)


def _class_shares(posteriors: FloatArray) -> FloatArray:
    """Return the shares of the classes, shape (C,), as if one more instance of each had been seen."""
    return np.asarray((posteriors.sum(axis=0) + 1) / (len(posteriors) + posteriors.shape[1]))


def _logs(votes: Votes, fit: _Fit) -> FloatArray:
    """Return the log likelihood of the labels of each instance with each class, shape (N, C)."""
    tables = np.log(fit.matrices).swapaxes(1, 2).reshape(-1, votes.classes)
    return np.asarray(votes.observed @ tables) + np.log(fit.shares)


def _log_sum(logs: FloatArray) -> FloatArray:
    highest = logs.max(axis=1)
    return np.asarray(highest + np.log(np.exp(logs - highest[:, None]).sum(axis=1)))


def _kept(votes: Votes, keep: npt.NDArray[np.bool_]) -> Votes:
    """Return the votes on the instances to keep, a mask of shape (N,), which are numbered anew; the annotators remain."""
    number: IndexArray = np.cumsum(keep) - 1
    rows = keep[votes.item]
    return Votes(number[votes.item[rows]], votes.who[rows], votes.label[rows], int(keep.sum()), votes.annotators, votes.classes)


def _keys(votes: Votes) -> Keys:
    """Return a number for each instance, shape (N,), by who gave it which class, whatever the order of instances and annotators.

    Annotators are known by their labels and by how many agree with them, so that halves by rank of it do not depend on how rows were sent.
    Every instance needs a label.
    """
    given = np.bincount(votes.who * votes.classes + votes.label, minlength=votes.annotators * votes.classes).astype(np.uint64)
    person = _mixed(given + np.tile(_mixed(np.arange(votes.classes, dtype=np.uint64)), votes.annotators))
    person = person.reshape(votes.annotators, votes.classes).sum(axis=1, dtype=np.uint64)
    agreed = np.bincount(votes.who, weights=votes.counts[votes.item, votes.label], minlength=votes.annotators).astype(np.uint64)
    person = _mixed(person + _mixed(agreed))
    label = _mixed(person[votes.who] + _mixed(votes.label.astype(np.uint64)))
    starts = np.concatenate(([0], np.cumsum(votes.per_item)[:-1]))
    return np.asarray(np.add.reduceat(label, starts), np.uint64)


def _mixed(numbers: Keys) -> Keys:
    """Return numbers whose bits are mixed (the finaliser of SplitMix64)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
