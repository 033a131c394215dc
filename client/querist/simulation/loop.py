"""One campaign, replayed: train, measure, let the server choose, look the labels up, and again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import get_scorer

from querist.simulation.advised import Advised, Stop
from querist.simulation.split import Labels, Split

if TYPE_CHECKING:
    from querist._client import Client
    from querist.plan import Plan

SEEDS_APART = 1000
"""A round's draws go by this times the seed of its split, plus the number of the round."""


@dataclass(frozen=True)
class Curve:
    """Scores on the test rows after each round, and where the verdict stopped.

    Attributes
    ----------
    labels : tuple of int
        How many instances had a label: those of the start first.
    scores : tuple of float
    stop : Stop or None
        None if the verdict was never to stop, or nobody asked.
    unconverged : int
        Fits of the model that gave up before they had converged.
    """

    labels: tuple[int, ...]
    scores: tuple[float, ...]
    stop: Stop | None = None
    unconverged: int = 0


@dataclass(frozen=True)
class Arm:
    """A way to choose.

    Attributes
    ----------
    strategy : str or Plan
    sending : callable
        Given the fitted model, the positions in the pool that are labelled, and the round's seed: a context in which the arguments that it
        gives may be sent to `select`.
    """

    strategy: str | Plan
    sending: Callable[[Any, Labels, int], AbstractContextManager[dict[str, Any]]]


def replay(
    client: Client,
    data: Split,
    arm: Arm,
    *,
    model: Callable[[int], Any],
    seed: int,
    rounds: int,
    batch: int,
    score: str = "accuracy",
    advised: Advised | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Curve:
    """Run one arm on one split.

    Parameters
    ----------
    client : Client
    data : Split
    arm : Arm
    model : callable
        Given a seed: the model that is being improved, which also measures the arm.
    seed : int
        Decides the models and the random draws.
    rounds, batch : int
        How often to choose, and how many at a time.
    score : str
        Name of a scorer of scikit-learn.
    advised : Advised, optional
        The campaign, if there is to be stop advice; it may go on beyond `rounds`.
    tick : callable
        Called after each round.
    """
    features, labels = data.features[data.pool], data.labels[data.pool]
    tested = data.features[data.test], data.labels[data.test]
    scorer = get_scorer(score)
    labelled = data.first.copy()
    counts, scores, accuracies = [], [], []
    for number in itertools.count():
        judge = model(seed).fit(features[labelled], labels[labelled])
        counts.append(len(labelled))
        scores.append(float(scorer(judge, *tested)))
        accuracies.append(scores[-1] if score == "accuracy" else float(np.mean(judge.predict(tested[0]) == tested[1])))
        if number <= rounds:
            tick()
        left = len(features) - len(labelled)
        if number >= rounds and (advised is None or not advised.goes_on or not left):
            break
        count = batch if number < rounds else min(batch, left)
        draws = SEEDS_APART * seed + number
        with arm.sending(judge, labelled, draws) as arguments:
            if advised is None:
                chosen = client.select(**arguments, strategy=arm.strategy, count=count, exclude=labelled, seed=draws).indices
            else:
                chosen = advised.choose(client, judge, arguments, strategy=arm.strategy, count=count, seed=draws)
        labelled = np.concatenate((labelled, chosen))
    stop = None if advised is None else advised.stop(counts, scores, accuracies)
    return Curve(tuple(counts[: rounds + 1]), tuple(scores[: rounds + 1]), stop)
