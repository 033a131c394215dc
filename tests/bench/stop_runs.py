"""Campaigns on real data sets, run until nothing is left to label: what they cost at each stop, and what every criterion said."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import querist
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

RATIOS = (100, 300, 1000, 3000, 10_000, 30_000)
"""What all errors of the model's life cost at an error of 1, in prices of a label."""


@dataclass(frozen=True)
class Task:
    """A data set, and how it is shared out."""

    load: Any
    test: int
    hold_out: int
    batch: int
    parity: bool = False


TASKS = {
    "iris": Task(datasets.load_iris, 50, 30, 2),
    "wine": Task(datasets.load_wine, 60, 35, 2),
    "breast cancer": Task(datasets.load_breast_cancer, 190, 100, 7),
    "digits": Task(datasets.load_digits, 600, 200, 20),
    "digits parity": Task(datasets.load_digits, 600, 200, 20, parity=True),
}
MODELS = {
    "logistic": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    "forest": lambda seed: RandomForestClassifier(50, random_state=seed),
    "network": lambda seed: make_pipeline(StandardScaler(), MLPClassifier((32,), max_iter=120, random_state=seed)),
}


@dataclass(frozen=True)
class Run:
    """One campaign to the end of its pool.

    Attributes
    ----------
    labelled : list of int
        After each round.
    test_error : list of float
        On rows that nothing else sees.
    verdicts : dict of str to list of str
        By ratio, one each round.
    stops : dict of str to int
        The place of the round in which each criterion first said stop; the verdict's under "verdict, ratio R" and the money's as
        "net_value, ratio R".
    predictions : list of list of int
        The classes of all rows of the pool, each round.
    uncertainty : list of float
        The mean entropy of the pool, divided by log C.
    measured : list of float
        The error on the hold-out set.
    hold_out : int
        Rows of the hold-out set.
    """

    labelled: list[int]
    test_error: list[float]
    verdicts: dict[str, list[str]]
    stops: dict[str, int]
    predictions: list[list[int]]
    uncertainty: list[float]
    measured: list[float]
    hold_out: int


def kept(folder: Path, task: str, model: str, seed: int) -> Path:
    """Return where a run is kept."""
    return folder / f"{task.replace(' ', '-')}-{model}-{seed}.json"


def run(address: str, task: str, model: str, seed: int) -> Run:
    """Run one campaign."""
    asked = TASKS[task]
    features, labels = asked.load(return_X_y=True)
    labels = labels % 2 if asked.parity else labels
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    test, hold_out, pool = np.split(order, [asked.test, asked.test + asked.hold_out])
    classes = np.unique(labels)
    first = [int(np.flatnonzero(labels[pool] == each)[0]) for each in classes]
    others = np.setdiff1d(np.arange(len(pool)), first)[: max(0, 2 * asked.batch - len(first))]
    labelled = np.concatenate((first, others)).astype(np.int64)
    found = Run([], [], {str(ratio): [] for ratio in RATIOS}, {}, [], [], [], asked.hold_out)
    state, result = None, {}
    with querist.connect(address) as client:
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitted = MODELS[model](seed).fit(features[pool[labelled]], labels[pool[labelled]])
            chances = fitted.predict_proba(features[pool])
            predicted = chances.argmax(axis=1)
            found.labelled.append(len(labelled))
            found.test_error.append(float(np.mean(fitted.predict(features[test]) != labels[test])))
            found.predictions.append(predicted.tolist())
            left = len(pool) - len(labelled)
            if not left:
                return found
            error = {
                "source": "hold_out",
                "error": float(np.mean(fitted.predict(features[hold_out]) != labels[hold_out])),
                "instances": len(hold_out),
            }
            found.measured.append(error["error"])
            for ratio in RATIOS:
                batch = client.select(
                    chances,
                    strategy="margin",
                    count=min(asked.batch, left),
                    seed=seed,
                    keys=np.arange(len(pool)),
                    exclude=labelled,
                    campaign={
                        "state": state,
                        "labelled": len(labelled),
                        "error": error,
                        "economics": {"label_cost": 1.0, "error_cost": 1.0, "predictions": float(ratio)},
                        **result,
                    },
                )
                place = len(found.labelled) - 1
                found.verdicts[str(ratio)].append(batch.stop.verdict)
                if batch.stop.verdict == "STOP":
                    found.stops.setdefault(f"verdict, ratio {ratio}", place)
                for name, vote in batch.stop.votes.items():
                    if vote.status == "STOP":
                        found.stops.setdefault(f"net_value, ratio {ratio}" if name == "net_value" else name, place)
            found.uncertainty.append(batch.stop.votes["overall_uncertainty"].value)
            state = batch.campaign_state
            right = int(np.count_nonzero(predicted[batch.indices] == labels[pool[batch.indices]]))
            result = {"batch_labelled": len(batch), "batch_correct": right}
            labelled = np.concatenate((labelled, batch.indices))


def run_and_keep(address: str, folder: Path, task: str, model: str, seed: int) -> None:
    """Run one campaign unless it was kept before."""
    path = kept(folder, task, model, seed)
    if path.exists():
        return
    text = json.dumps(asdict(run(address, task, model, seed)))
    fresh = path.with_suffix(".part")
    fresh.write_text(text)
    fresh.replace(path)
