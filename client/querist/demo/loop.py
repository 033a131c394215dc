"""One campaign: train, export, upload, let the server choose, label, and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

import querist
from querist.demo import models
from querist.demo.data import Split

ARMS = ("margin", "committee", "random")
"""What is compared; random is the control."""


@dataclass(frozen=True)
class Curve:
    """Accuracy on the test rows after each round."""

    labels: tuple[int, ...]
    accuracy: tuple[float, ...]


def campaign(
    client: querist.Client, data: Split, arm: str, *, seed: int, rounds: int, batch: int, tick: Callable[[], None] = lambda: None
) -> Curve:
    """Run one arm on one split.

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
    tick : callable
        Called after each round.
    """
    features, labels = data.features[data.pool], data.labels[data.pool]
    labelled = data.first.copy()
    counts, accuracies = [], []
    for number in range(rounds + 1):
        judge = models.single(seed).fit(features[labelled], labels[labelled])
        counts.append(len(labelled))
        accuracies.append(float(judge.score(data.features[data.test], data.labels[data.test])))
        if number < rounds:
            members = [judge] if arm == "margin" else []
            if arm == "committee":
                members = models.committee(seed * 1000 + number, features[labelled], labels[labelled])
            chosen = _choose(client, data, members, arm, labelled, batch, seed * 1000 + number)
            labelled = np.concatenate((labelled, chosen))
        tick()
    return Curve(tuple(counts), tuple(accuracies))


def _choose(
    client: querist.Client, data: Split, members: list[Any], arm: str, labelled: models.Labels, batch: int, seed: int
) -> models.Labels:
    features = data.features[data.pool]
    common: dict[str, Any] = {"count": batch, "exclude": labelled, "seed": seed}
    if not members:
        return client.select(scores=np.zeros(len(features)), strategy="random", **common).indices
    held = data.features[data.validation], data.labels[data.validation]
    strategy = "margin" if arm == "margin" else "power_bald"  # the top of BALD alone is ten instances of one class
    with ExitStack() as afterwards:
        uses = []
        for member in members:
            stored = client.upload_model(models.export(member, features))
            afterwards.callback(client.delete_model, stored.digest)
            uses.append(querist.ModelUse(stored.digest, weight=models.weight(member, *held)))
        return client.select(models=uses, model_inputs={"X": features}, strategy=strategy, **common).indices
