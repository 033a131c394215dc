"""``client.simulate``: all runs of a replay, those that are finished already left out."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn

from querist._simulation_calls import Told
from querist._version import __version__
from querist.errors import InvalidRequestError
from querist.inputs import bundle_of
from querist.plan import Plan
from querist.rounds import Economics
from querist.simulation.columns import classes_of, matrix, scaled
from querist.simulation.contestants import contestants_of
from querist.simulation.estimators import described, estimator_of
from querist.simulation.files import THEMSELVES
from querist.simulation.ledger import Ledger, digest
from querist.simulation.processes import Run, run_apart, run_here
from querist.simulation.result import Simulation
from querist.simulation.settings import seeds_of, settings_of, whole
from querist.simulation.split import Features
from querist.simulation.trial import Trial

if TYPE_CHECKING:
    from querist._client import Client
    from querist.simulation.loop import Curve


def simulate(
    client: Client,
    features: Any,
    labels: Any,
    *,
    estimator: Any,
    embeddings: Any,
    strategies: Sequence[str | Plan] | Mapping[str, str | Plan],
    control: str,
    seeds: int | Sequence[int],
    rounds: int | None,
    batch: int,
    start: int | None,
    test_rows: int | None,
    validation_rows: int | None,
    score: str,
    economics: Economics | Mapping[str, Any] | None,
    processes: int,
    output: str | Path | None,
    name: str,
    progress: bool | Told | None,
    enough: threading.Event | None = None,
    as_given: bool = False,
) -> Simulation:
    """Replay campaigns. The arguments are those of `Client.simulate`, and two more.

    Parameters
    ----------
    enough : Event, optional
        Set when the result is not wanted any more; finished runs are kept.
    as_given : bool
        Features are a matrix that is learnt from in its own precision, as the demo does.
    """
    processes = whole("processes", processes, 1, 1)
    table = features if as_given else matrix(features, "features")
    classes, names = classes_of(labels)
    embedded = _embeddings(embeddings, table)
    for field, rows in (("labels", len(classes)), ("embeddings", len(table) if embedded is None else len(embedded))):
        if rows != len(table):
            raise InvalidRequestError(f"{field} have {rows} rows; features have {len(table)}", field=field)
    model = estimator_of(estimator)
    wanted = seeds_of(seeds)
    settings = settings_of(
        len(table),
        len(names),
        rounds=rounds,
        batch=batch,
        start=start,
        test_rows=test_rows,
        validation_rows=validation_rows,
        score=score,
        economics=bundle_of(Economics, economics, "economics"),
    )
    offered = client.strategies()
    contestants = contestants_of(strategies, control, offered, embeddings=embedded is not None, classes=len(names))
    trial = Trial(table, classes, embedded, model, contestants, control, settings)
    trial.check(wanted[0])
    about = {
        "data": {"features": digest(table), "labels": digest(classes), "embeddings": digest(embedded)},
        "model": described(model),
        "settings": settings.to_dict(),
        "versions": {"querist": __version__, "server": client.info().version, "sklearn": sklearn.__version__, "numpy": np.__version__},
        "control": control,
    }
    ledger = Ledger(None if output is None else Path(output), about)
    plans = {each: _plan_key(contestant.strategy) for each, contestant in contestants.items()}
    _make(client, trial, ledger, plans, wanted, processes, progress, enough or threading.Event())
    curves = {each: tuple(ledger[each, plans[each], seed] for seed in wanted) for each in contestants}
    return Simulation(curves, control, wanted, settings, describe(model), names, name)


def describe(model: Any) -> str:
    """Return an estimator in one line."""
    return " ".join(repr(model).split())


def _make(
    client: Client,
    trial: Trial,
    ledger: Ledger,
    plans: Mapping[str, str],
    seeds: Sequence[int],
    processes: int,
    progress: bool | Told | None,
    enough: threading.Event,
) -> None:
    """Make the runs that the ledger lacks, seed by seed, so that what there is after a break compares all strategies."""
    every = [(each, seed) for seed in seeds for each in trial.contestants]
    runs = [run for run in every if (run[0], plans[run[0]], run[1]) not in ledger]
    with ExitStack() as stack:
        tell = _telling(progress, stack, len(every))

        def done(run: Run, curve: Curve) -> None:
            ledger.add(run[0], plans[run[0]], run[1], curve)
            tell(sum((each, plans[each], seed) in ledger for each, seed in every), len(every))

        tell(len(every) - len(runs), len(every))
        if processes == 1 or len(runs) < 2:
            run_here(client, trial, runs, done, enough)
        else:
            run_apart(client._options, trial, runs, processes, done, enough)


def _telling(progress: bool | Told | None, stack: ExitStack, total: int) -> Told:
    if callable(progress):
        return progress
    if not progress:
        return lambda *_: None
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'querist[progress]'") from error
    bar = stack.enter_context(tqdm(total=total, unit="run"))
    return lambda done, _: bar.update(done - bar.n)


def _embeddings(given: Any, features: Features) -> Features | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given != THEMSELVES:
            raise InvalidRequestError(f"embeddings is {given!r}; allowed are an array, or {THEMSELVES!r}", field="embeddings")
        return scaled(features)
    return matrix(given, "embeddings")


def _plan_key(strategy: str | Plan) -> str:
    """Return what tells plans apart in the file of finished runs."""
    return strategy if isinstance(strategy, str) else hashlib.sha256(repr(strategy).encode()).hexdigest()[:16]
