"""How likely each instance of a batch was to be drawn, one draw after the other."""

from __future__ import annotations

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.part import FloatArray, IndexArray
from querist_server.engine.set_score import SetScore
from querist_server.engine.task import Task


def refuse_unknown(task: Task) -> None:
    """Refuse to tell draw probabilities of plans that have none.

    Raises
    ------
    EngineError
        If the plan does not draw, or what it draws depends on more than the draws before.
    """
    if not task.keep_draws:
        return
    plan = task.plan
    nothing = np.empty(0)
    conflicts = {
        "a budget": task.budget is not None,
        "an audit share": task.audit_share > 0,
        "a prefilter": plan.prefilter is not None,
        "guards that look at the batch": task.watched and task.budget is None,
        "a score with a shortlist": isinstance(plan.score, SetScore) and plan.score.most_scored is not None,
    }
    problem = next((name for name, there in conflicts.items() if there), "")
    if not problem and not _uniform(task) and plan.choice.log_weights(nothing, np.empty(0, np.int64)) is None:
        problem = f"the score {plan.score.name} with the choice {plan.choice.name}, which draws nothing"
    if problem:
        message = (
            f"draw probabilities do not go with {problem}; they are for the choices power, softmax and softrank, or the strategy random"
        )
        raise EngineError("FIELD_CONFLICT", message, field="return_draw_probabilities")


def planned(task: Task, values: FloatArray, rows: IndexArray, chosen: IndexArray) -> FloatArray:
    """Return the probability of each draw among the candidates that were left.

    Parameters
    ----------
    task : Task
    values : ndarray of shape (n,)
        Of all candidates of the plan.
    rows : ndarray of shape (n,)
        Their row indices, rising.
    chosen : ndarray of int64
        Row indices of the batch, the first drawn first.
    """
    weights = np.zeros(len(rows)) if _uniform(task) else task.plan.choice.log_weights(values, rows)
    if weights is None:
        raise AssertionError("the plan does not draw, and should have been refused")
    at = np.searchsorted(rows, chosen)
    others = np.ones(len(rows), bool)
    others[at] = False
    left = weights[others].max(initial=-np.inf)
    rest = left + np.log(np.exp(weights[others] - left).sum()) if others.any() else -np.inf
    remaining = np.logaddexp.accumulate(np.concatenate(([rest], weights[at][::-1])))[1:][::-1]
    return np.exp(weights[at] - remaining)


def uniform(candidates: int, drawn: int) -> FloatArray:
    """Return the probability of each uniform draw among the candidates that were left."""
    return 1 / (candidates - np.arange(drawn))


def _uniform(task: Task) -> bool:
    plan = task.plan
    return plan.score.uniform and not plan.weights and plan.choice.name == "top"
