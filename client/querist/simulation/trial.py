"""Everything that a run needs, and one run: a strategy on the split of a seed."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn brings it

from querist.errors import InvalidRequestError, QueristError
from querist.plan import Plan
from querist.simulation.advised import Advised
from querist.simulation.estimators import bagged, seeded
from querist.simulation.loop import Arm, Curve, replay
from querist.simulation.settings import Settings
from querist.simulation.split import Features, Labels, Split, share_out

if TYPE_CHECKING:
    from querist._client import Client

_shown: dict[Any, Any] = {}
"""Warnings that were passed on: the same one is told once in a process, as Python does it."""


@dataclass(frozen=True)
class Contestant:
    """A strategy, and what it is sent beside the model's probabilities."""

    strategy: str | Plan
    committee: bool = False
    embeddings: bool = False


@dataclass(frozen=True, eq=False)
class Trial:
    """What is the same in all runs of a replay. May be pickled, so that each process has its own."""

    features: Features
    labels: Labels
    embeddings: Features | None
    estimator: Any
    contestants: dict[str, Contestant]
    control: str
    settings: Settings

    def split(self, seed: int) -> Split:
        """Return the split of a seed."""
        return share_out(
            self.features,
            self.labels,
            seed,
            test_rows=self.settings.test_rows,
            validation_rows=self.settings.validation_rows,
            start=self.settings.start,
            embeddings=self.embeddings,
        )

    def run(self, client: Client, name: str, seed: int, tick: Callable[[], None] = lambda: None) -> Curve:
        """Run a strategy on the split of a seed. The control asks for no stop advice.

        Linear algebra runs on one thread: results do not depend on how many there are, and small models are quicker so.

        Raises
        ------
        QueristError
            Which says at what strategy and seed; also if a score is not finite.
        """
        with threadpool_limits(1), warnings.catch_warnings(record=True) as caught, tempfile.TemporaryDirectory(prefix="querist-") as folder:
            warnings.simplefilter("always", ConvergenceWarning)
            try:
                curve = self._replayed(client, name, seed, Path(folder), tick)
            except QueristError as error:
                error.args = (f"{name}, seed {seed}: {error}",)
                raise
        for each in caught:
            if not issubclass(each.category, ConvergenceWarning):
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno, registry=_shown)
        return replace(curve, unconverged=sum(issubclass(each.category, ConvergenceWarning) for each in caught))

    def _replayed(self, client: Client, name: str, seed: int, folder: Path, tick: Callable[[], None]) -> Curve:
        data, settings = self.split(seed), self.settings
        asks = settings.validation_rows and name != self.control
        curve = replay(
            client,
            data,
            Arm(self.contestants[name].strategy, self._sending(data, self.contestants[name])),
            model=lambda number: seeded(self.estimator, number),
            seed=seed,
            rounds=settings.rounds,
            batch=settings.batch,
            score=settings.score,
            advised=Advised(data, folder / "replay.campaign", economics=settings.economics) if asks else None,
            tick=tick,
        )
        for labels, score in zip(curve.labels, curve.scores, strict=True):
            if not np.isfinite(score):
                raise InvalidRequestError(f"score {settings.score!r} is {score} after {labels} labels; it must be finite", field="score")
        return curve

    def check(self, seed: int) -> None:
        """Fit the model once and measure it, so that what cannot work fails before all runs begin.

        Raises
        ------
        InvalidRequestError
            If the model or the scorer fails, or its probabilities or score are none.
        """
        data = self.split(seed)
        rows, classes = data.pool[data.first], int(self.labels.max()) + 1
        tested = data.features[data.test], data.labels[data.test]
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                model = seeded(self.estimator, seed).fit(data.features[rows], data.labels[rows])
                predicted = np.asarray(model.predict_proba(tested[0]))
            except Exception as error:
                message = f"the estimator cannot learn the {len(rows)} labels that a campaign starts with: {error}"
                raise InvalidRequestError(message, field="estimator") from error
            if predicted.shape != (len(data.test), classes):
                message = f"the estimator's probabilities have shape {predicted.shape}; they must have {(len(data.test), classes)}"
                raise InvalidRequestError(message, field="estimator")
            try:
                score = float(get_scorer(self.settings.score)(model, *tested))
            except Exception as error:
                message = f"score is {self.settings.score!r}, which cannot be measured here: {error}"
                raise InvalidRequestError(message, field="score") from error
        if not np.isfinite(score):
            raise InvalidRequestError(f"score is {self.settings.score!r}, which is {score} here; it must be finite", field="score")

    def _sending(self, data: Split, contestant: Contestant) -> Any:
        features, labels = data.features[data.pool], data.labels[data.pool]
        embedded = data.embeddings[data.pool] if contestant.embeddings and data.embeddings is not None else None

        @contextmanager
        def sending(judge: Any, labelled: Labels, seed: int) -> Iterator[dict[str, Any]]:
            arguments: dict[str, Any] = {}
            if contestant.committee:
                members = bagged(self.estimator, seed, features[labelled], labels[labelled])
                arguments["committee"] = np.stack([member.predict_proba(features) for member in members])
            else:
                arguments["probabilities"] = judge.predict_proba(features)
            if embedded is not None:
                arguments["embeddings"] = embedded
                arguments["labelled"] = {"embeddings": embedded[labelled], "classes": labels[labelled]}
            yield arguments

        return sending
