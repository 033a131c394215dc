"""Replays of campaigns on labelled data, by either client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.plan import Plan
from querist.rounds import Economics

if TYPE_CHECKING:
    from querist._options import Options
    from querist.simulation import Simulation

Told = Callable[[int, int], None]
"""Called with how many runs are done, and how many there are."""
MISSING = "simulate needs more packages: pip install 'querist[demo]'"


class SimulationCalls:
    """What a client finds out by replaying campaigns."""

    def simulate(
        self,
        features: Any,
        labels: Any,
        *,
        estimator: Any = None,
        embeddings: Any = None,
        strategies: Sequence[str | Plan] | Mapping[str, str | Plan] = ("auto",),
        control: str = "random",
        seeds: int | Sequence[int] = 8,
        rounds: int | None = None,
        batch: int = 10,
        start: int | None = None,
        test_rows: int | None = None,
        validation_rows: int | None = None,
        score: str = "accuracy",
        economics: Economics | Mapping[str, Any] | None = None,
        processes: int = 1,
        output: str | Path | None = None,
        name: str = "data",
        progress: bool | Told | None = None,
    ) -> Simulation:
        """Say whether active learning beats random on labelled data: replay whole campaigns, each strategy on the same splits.

        The same seeds give the same curves, however many processes there are. All is learnt in float64: fits in float32 differ from one
        machine's linear algebra to the next.

        Parameters
        ----------
        features : array (N, D), data frame, or mapping of name to column
            What the model learns from. Text columns of the latter two become one column for each value.
        labels : array (N,)
            Classes: numbers or strings.
        estimator : str, class or estimator, optional
            A classifier of scikit-learn's kind with `predict_proba`, or its import path. Its random draws go by the seed. Default: logistic
            regression on scaled features.
        embeddings : array (N, E) or "features", optional
            For strategies that look at the geometry of the pool; "features" are the features, scaled.
        strategies : sequence of str or Plan, or mapping of name to these
            What is compared. Committees are four bootstraps of the estimator.
        control : str
            Name of the preset that the others are compared with.
        seeds : int or sequence of int
            How many splits, or which.
        rounds, batch : int
            How often to choose (25, or as often as the pool allows), and how many at a time.
        start : int, optional
            How many are labelled to begin with, at least one of each class. Default: two for each class, and at least 10.
        test_rows, validation_rows : int, optional
            How many rows the score is measured on (a third), and how many the error for the stop advice (a tenth; 0 for no advice).
        score : str
            Name of a scorer of scikit-learn; for binary ones the second class is the positive one.
        economics : Economics or dict, optional
            What labels and errors cost; then the verdict to stop goes by money, and so does its regret.
        processes : int
            How many runs at a time. More than 1 starts new Python processes, which need the caller's ``if __name__ == "__main__":``, and in
            which `on_retry` is not called.
        output : path, optional
            A directory in which finished runs are kept: the same call goes on after whatever has ended it, and takes up more seeds and
            strategies.
        name : str
            Of the data, in titles.
        progress : bool or callable, optional
            True for a bar; or called with how many runs are done, and how many there are.

        Raises
        ------
        InvalidRequestError
            With `field`; also if `output` holds runs with other data or settings.
        ImportError
            If scikit-learn is not installed: ``pip install 'querist[demo]'``.
        QueristError
        """
        arguments = {key: value for key, value in locals().items() if key != "self"}
        return _simulate()(self, **arguments)


class AsyncSimulationCalls:
    """What an asynchronous client finds out by replaying campaigns."""

    _options: Options

    async def simulate(
        self,
        features: Any,
        labels: Any,
        *,
        estimator: Any = None,
        embeddings: Any = None,
        strategies: Sequence[str | Plan] | Mapping[str, str | Plan] = ("auto",),
        control: str = "random",
        seeds: int | Sequence[int] = 8,
        rounds: int | None = None,
        batch: int = 10,
        start: int | None = None,
        test_rows: int | None = None,
        validation_rows: int | None = None,
        score: str = "accuracy",
        economics: Economics | Mapping[str, Any] | None = None,
        processes: int = 1,
        output: str | Path | None = None,
        name: str = "data",
        progress: bool | Told | None = None,
    ) -> Simulation:
        """Say whether active learning beats random: the arguments, result and errors of `querist.Client.simulate`.

        It runs on a thread with connections of its own; if it is cancelled, it ends after the present round.
        """
        arguments = {key: value for key, value in locals().items() if key != "self"}
        return await _apart(self._options, arguments)


async def _apart(options: Options, arguments: dict[str, Any]) -> Simulation:
    from querist._client import Client  # here, since that module needs this one

    simulate, enough = _simulate(), threading.Event()

    def run() -> Simulation:
        with Client(options) as client:
            return simulate(client, **arguments, enough=enough)

    try:
        return await asyncio.to_thread(run)
    except asyncio.CancelledError:
        enough.set()
        raise


def _simulate() -> Callable[..., Simulation]:
    try:
        from querist.simulation.replaying import simulate
    except ImportError as error:
        raise ImportError(MISSING) from error
    return simulate
