"""Sound inputs to begin with: a request of every preset, its header, rounds of campaigns, answers, and models."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx_models
from fuzz_targets import TARGETS, joined
from hostile import request_for, round_with_everything
from querist import codec
from querist.v1 import annotation_service_pb2 as annotations
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES, CRITERIA, GUARDS, SCORES, WEIGHTS
from querist_server.service.plans import encode_plan
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

SEEDS = Path(".cache/fuzz/seeds")


def selections() -> Iterator[bytes]:
    """Give a request of every preset, with the pool and all that the preset needs beside it."""
    for preset in PRESETS:
        yield request_for(preset, np.random.default_rng(1)).SerializeToString()


def headers() -> Iterator[bytes]:
    """Give the header of every preset as a typed plan, and one with each guard, weight and choice."""
    for preset in PRESETS:
        request = request_for(preset, np.random.default_rng(1))
        yield request.header.SerializeToString()
        request.header.plan.CopyFrom(encode_plan(PRESETS[preset].plan))
        yield request.header.SerializeToString()
    for field, parts in (("score", SCORES), ("choice", CHOICES), ("guards", GUARDS), ("weights", WEIGHTS)):
        for name in parts:
            header = request_for("margin", np.random.default_rng(1)).header
            header.plan.score.margin.SetInParent()
            holder = getattr(header.plan, field)
            getattr(holder if field in ("score", "choice") else holder.add(), name).SetInParent()
            yield header.SerializeToString()


def states() -> Iterator[bytes]:
    """Give rounds of a campaign with all that may be sent, and with each criterion alone."""
    for seed in range(3):
        yield round_with_everything(np.random.default_rng(seed)).SerializeToString()
    for name in CRITERIA:
        request = round_with_everything(np.random.default_rng(0))
        del request.campaign.criteria[:]
        getattr(request.campaign.criteria.add(), name).SetInParent()
        yield request.SerializeToString()


def crowds() -> Iterator[bytes]:
    """Give streams of answers for each method and kind, and requests to assign."""
    rng = np.random.default_rng(2)
    for method in range(10):
        for kind in (1, 2, 3):
            header = annotations.AssessHeader(
                method=method, kind=kind, class_count=3, seed=1, bootstrap_rounds=20, return_posteriors=True, repeats=2
            )
            instances, answers = annotations.InstanceBlock(), annotations.AnswerBlock()
            instances.keys.CopyFrom(codec.encode(np.arange(12)))
            instances.probabilities.CopyFrom(codec.encode(rng.dirichlet(np.ones(3), 12) if kind < 3 else rng.random((12, 3))))
            columns = {"instances": np.arange(60) % 12, "annotators": np.arange(60) // 12, "times": np.arange(60.0) * 60}
            columns["labels"] = rng.integers(-1, 3, 60) if kind < 3 else rng.integers(0, 2, (60, 3))
            columns |= {"seconds": rng.random(60)} | ({"gold": rng.integers(-1, 3, 60)} if kind < 3 else {})
            for name, values in columns.items():
                getattr(answers, name).CopyFrom(codec.encode(values))
            parts = ({"header": header}, {"instances": instances}, {"answers": answers})
            yield joined([annotations.AssessAnnotationsRequest(**part).SerializeToString() for part in parts])
    for method in range(4):
        request = annotations.AssignAnnotatorsRequest(method=method, seed=1, blind_share=0.2, most_per_instance=2)
        for key in range(6):
            request.instances.add(key=key, probabilities=rng.dirichlet(np.ones(3)), answered=[1], tags=["a"])
            request.annotators.add(
                key=key, confusion=(np.eye(3) * 0.7 + 0.1).ravel(), labels=9, agreed=7, capacity=3, cost=2, tags=["a", "b"]
            )
        yield b"\1" + request.SerializeToString()


def onnx() -> Iterator[bytes]:
    """Give small models: a network, a loop, and what scikit-learn's exporter writes."""
    yield onnx_models.linear()
    yield onnx_models.endless()
    for classifier in (LogisticRegression(max_iter=500), DecisionTreeClassifier(max_depth=2, random_state=0)):
        fitted = classifier.fit(onnx_models.X, onnx_models.NAMES)
        yield onnx_models.exported(fitted)
        yield onnx_models.exported(fitted, zipmap=True)


SOURCES: dict[str, Callable[[], Iterator[bytes]]] = {
    "decoder": selections, "plan": headers, "state": states, "model": onnx, "selection": selections, "crowd": crowds,
}  # fmt: skip


def main() -> None:
    """Write the seeds of every target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=SEEDS)
    directory = parser.parse_args().directory
    for name in TARGETS:
        (directory / name).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SOURCES[name]()):
            (directory / name / f"{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main()
