"""One campaign: train, export, upload, let the server choose, label, and again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import querist
from querist.demo import models
from querist.demo.data import VALIDATION_ROWS, Split

ARMS = ("margin", "committee", "random")
"""What is compared: the first is also a campaign that stops by itself, the last is the control."""


ECONOMICS = querist.Economics(label_cost=1.0, error_cost=0.2, predictions=20_000, currency="EUR")
"""What labels and errors cost in the campaign that stops by itself."""


@dataclass(frozen=True)
class Stop:
    """Where the verdict stopped a campaign.

    Attributes
    ----------
    labels : int
    sentence : str
    lost : float
        What that costs more than the cheapest stop known afterwards, by the test rows.
    lost_at_the_end : float
        The same for labelling everything.
    """

    labels: int
    sentence: str
    lost: float
    lost_at_the_end: float


@dataclass(frozen=True)
class Curve:
    """Accuracy on the test rows after each round, and where the verdict stopped."""

    labels: tuple[int, ...]
    accuracy: tuple[float, ...]
    stop: Stop | None = None


def campaign(
    client: querist.Client,
    data: Split,
    arm: str,
    *,
    seed: int,
    rounds: int,
    batch: int,
    folder: Path,
    tick: Callable[[], None] = lambda: None,
) -> Curve:
    """Run one arm on one split. The first arm asks for stop advice in each round, and goes on beyond `rounds` until it says stop.

    Parameters
    ----------
    client : Client
    data : Split
    arm : str
        One of `ARMS`.
    seed : int
        Decides the models and the random draws.
    rounds, batch : int
        How often to choose, and how many at a time.
    folder : Path
        Where campaign files go.
    tick : callable
        Called after each round.
    """
    features, labels = data.features[data.pool], data.labels[data.pool]
    labelled = data.first.copy()
    counts, accuracies = [], []
    advised = _Advised(data, folder / f"digits-{seed}.campaign") if arm == ARMS[0] else None
    for number in itertools.count():
        judge = models.single(seed).fit(features[labelled], labels[labelled])
        counts.append(len(labelled))
        accuracies.append(float(judge.score(data.features[data.test], data.labels[data.test])))
        if number <= rounds:
            tick()
        if number >= rounds and (advised is None or advised.sentence):
            break
        if advised is not None:
            chosen = advised.choose(client, judge, min(batch, len(features) - len(labelled)), seed * 1000 + number)
        else:
            members = models.committee(seed * 1000 + number, features[labelled], labels[labelled]) if arm == "committee" else []
            chosen = _choose(client, data, members, labelled, batch, seed * 1000 + number)
        labelled = np.concatenate((labelled, chosen))
    stop = None if advised is None else advised.stop(counts, accuracies)
    return Curve(tuple(counts[: rounds + 1]), tuple(accuracies[: rounds + 1]), stop)


class _Advised:
    """A campaign that is kept in a file and asks each round whether to go on."""

    def __init__(self, data: Split, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._data, self._path = data, path
        self._kept = querist.Campaign(path, labelled=len(data.first), economics=ECONOMICS)
        self.sentence = ""
        self._labels = 0

    def choose(self, client: querist.Client, judge: Any, count: int, seed: int) -> models.Labels:
        """Ask for a batch and label it; remember the first stop, and where the campaign was then."""
        data = self._data
        features, labels = data.features[data.pool], data.labels[data.pool]
        error = 1 - float(judge.score(data.features[data.validation], data.labels[data.validation]))
        stored = client.upload_model(models.export(judge, features))
        try:
            chosen = self._kept.select(
                client,
                models=[querist.ModelUse(stored.digest)],
                model_inputs={"X": features},
                ids=range(len(features)),
                exclude=data.first,
                strategy="margin",
                count=count,
                seed=seed,
                error=error,
                instances=VALIDATION_ROWS,
            )
        finally:
            client.delete_model(stored.digest)
        if chosen.stop.verdict == "STOP" and not self.sentence:
            self.sentence, self._labels = chosen.stop.sentence, self._kept.labelled
            self._kept.report(self._path.with_suffix(".html"))
        self._kept.record(labels[chosen.indices].tolist())
        return chosen.indices

    def stop(self, counts: list[int], accuracies: list[float]) -> Stop:
        """Return where it stopped, and what that lost."""
        value = (ECONOMICS.error_cost or 0.0) * (ECONOMICS.predictions or 0.0)
        totals = [labels + value * (1 - accuracy) for labels, accuracy in zip(counts, accuracies, strict=True)]
        return Stop(self._labels, self.sentence, totals[counts.index(self._labels)] - min(totals), totals[-1] - min(totals))


def _choose(client: querist.Client, data: Split, members: list[Any], labelled: models.Labels, batch: int, seed: int) -> models.Labels:
    features = data.features[data.pool]
    common: dict[str, Any] = {"count": batch, "exclude": labelled, "seed": seed}
    if not members:
        return client.select(scores=np.zeros(len(features)), strategy="random", **common).indices
    held = data.features[data.validation], data.labels[data.validation]
    strategy = "power_bald"  # the top of BALD alone is ten instances of one class
    with ExitStack() as afterwards:
        uses = []
        for member in members:
            stored = client.upload_model(models.export(member, features))
            afterwards.callback(client.delete_model, stored.digest)
            uses.append(querist.ModelUse(stored.digest, weight=models.weight(member, *held)))
        return client.select(models=uses, model_inputs={"X": features}, strategy=strategy, **common).indices
