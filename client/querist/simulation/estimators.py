"""The model that a replay improves: any classifier of scikit-learn's kind, new for each fit."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.errors import InvalidRequestError
from querist.simulation.split import Features, Labels

MEMBERS = 4


def default_estimator() -> Any:
    """Return a logistic regression on scaled features."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def estimator_of(given: Any, parameters: Mapping[str, Any] | None = None) -> Any:
    """Return an estimator that is given as an import path, a class, or as it is.

    Parameters
    ----------
    given : str, class, estimator or None
        None for a logistic regression on scaled features.
    parameters : mapping, optional
        Parameters to set, such as ``{"n_estimators": 100}``.

    Raises
    ------
    InvalidRequestError
        If it cannot be imported or made, or gives no probabilities.
    """
    found = default_estimator() if given is None else _imported(given) if isinstance(given, str) else given
    name = given if isinstance(given, str) else _name(found)
    try:
        made: Any = found() if inspect.isclass(found) else clone(found)
        made.set_params(**(parameters or {}))
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidRequestError(f"the estimator {name} cannot be made: {error}", field="estimator") from error
    lacking = [method for method in ("fit", "predict", "predict_proba") if not hasattr(made, method)]
    if lacking:
        message = f"the estimator {name} has no {', '.join(lacking)}; a replay needs a classifier that gives probabilities"
        if hasattr(made, "probability"):
            message += " (set probability=True)"
        raise InvalidRequestError(message, field="estimator")
    return made


def seeded(estimator: Any, seed: int) -> Any:
    """Return a new estimator with the same parameters, whose random draws go by a seed if it makes any."""
    fresh = clone(estimator)
    names = [name for name in fresh.get_params(deep=True) if name == "random_state" or name.endswith("__random_state")]
    return fresh.set_params(**dict.fromkeys(names, seed)) if names else fresh


def bagged(estimator: Any, seed: int, features: Features, labels: Labels) -> list[Any]:
    """Return members of the same kind, each fitted to a bootstrap of the labelled set (query by bagging: Abe and Mamitsuka, ICML 1998).

    Each bootstrap keeps one instance of each class, so that all members know all classes.
    """
    rng = np.random.default_rng(seed)
    one_each = np.unique(labels, return_index=True)[1]
    resamples = (np.concatenate((one_each, rng.integers(0, len(labels), len(labels)))) for _ in range(MEMBERS))
    return [seeded(estimator, seed).fit(features[rows], labels[rows]) for rows in resamples]


def described(estimator: Any) -> dict[str, str]:
    """Return what an estimator is, in words that are the same for the same estimator."""
    parameters = {name: repr(value) for name, value in estimator.get_params(deep=True).items() if not hasattr(value, "get_params")}
    steps = {name: _name(value) for name, value in estimator.get_params(deep=True).items() if hasattr(value, "get_params")}
    parameters.pop("steps", None)  # of a pipeline; they are among the others
    return {"": _name(estimator), **dict(sorted({**parameters, **steps}.items()))}


def _name(estimator: Any) -> str:
    kind = estimator if inspect.isclass(estimator) else type(estimator)
    return f"{kind.__module__}.{kind.__qualname__}"


def _imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"the estimator {path!r} cannot be imported ({error}); give a path such as sklearn.ensemble.RandomForestClassifier"
        raise InvalidRequestError(message, field="estimator") from error
