"""The arms of the demo: what is trained, exported and uploaded before the server chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import querist
from querist.demo import models
from querist.simulation.advised import Advised
from querist.simulation.loop import Arm, Curve, replay
from querist.simulation.split import Features, Labels, Split

ARMS = ("margin", "committee", "random")
"""What is compared: the first is also a campaign that stops by itself, the last is the control."""


ECONOMICS = querist.Economics(label_cost=1.0, error_cost=0.2, predictions=20_000, currency="EUR")
"""What labels and errors cost in the campaign that stops by itself."""


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
    advised = None
    if arm == ARMS[0]:
        path = folder / f"digits-{seed}.campaign"
        advised = Advised(data, path, economics=ECONOMICS, beyond=True, page=path.with_suffix(".html"))
    return replay(
        client,
        data,
        _arms(client, data)[arm],
        model=models.single,
        seed=seed,
        rounds=rounds,
        batch=batch,
        advised=advised,
        tick=tick,
    )


def _arms(client: querist.Client, data: Split) -> dict[str, Arm]:
    features, labels = data.features[data.pool], data.labels[data.pool]
    held = data.features[data.validation], data.labels[data.validation]

    @contextmanager
    def margin(judge: Any, labelled: Labels, seed: int) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - all arms have the same signature
        with _uploaded(client, [judge], features) as digests:
            yield _on_server([querist.ModelUse(digest) for digest in digests], features)

    @contextmanager
    def committee(judge: Any, labelled: Labels, seed: int) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - as above
        members = models.committee(seed, features[labelled], labels[labelled])
        weights = [models.weight(member, *held) for member in members]
        with _uploaded(client, members, features) as digests:
            yield _on_server([querist.ModelUse(*each) for each in zip(digests, weights, strict=True)], features)

    @contextmanager
    def control(judge: Any, labelled: Labels, seed: int) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - as above
        yield {"scores": np.zeros(len(features))}

    power = "power_bald"  # the top of BALD alone is ten instances of one class
    return {"margin": Arm("margin", margin), "committee": Arm(power, committee), "random": Arm("random", control)}


@contextmanager
def _uploaded(client: querist.Client, fitted: Sequence[Any], features: Features) -> Iterator[list[str]]:
    """Give the digests of models that are on the server as long as the context lasts."""
    with ExitStack() as afterwards:
        digests = []
        for model in fitted:
            digests.append(client.upload_model(models.export(model, features)).digest)
            afterwards.callback(client.delete_model, digests[-1])
        yield digests


def _on_server(uses: list[querist.ModelUse], features: Features) -> dict[str, Any]:
    return {"models": uses, "model_inputs": {"X": features}}
