"""The stages after the last row: combine, draw, choose, annotate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.holdings import MOST_GUARDED, Holdings
from querist_server.engine.keep import Columns
from querist_server.engine.kernels import top
from querist_server.engine.part import FloatArray, IndexArray, PoolScore, RowChoice, SetChoice
from querist_server.engine.pool import Context
from querist_server.engine.selection import Selection, Statistics
from querist_server.engine.shape import Shape
from querist_server.engine.task import Task

SATURATED_SHARE = 0.5


def select(task: Task, context: Context, shape: Shape, holdings: Holdings) -> Selection:
    """Choose the batch from what was kept.

    Raises
    ------
    EngineError
        If there are fewer candidates than asked for, or keys repeat.
    """
    holdings.check_keys()
    rows = _check_count(task, holdings)
    held = holdings.bytes
    candidates = _combined(task, rows, holdings)
    drawn = _drawn(task, candidates, holdings)
    if drawn is not None:
        candidates = _without(candidates, drawn["index"])
    planned = _choose(task, context, _prefiltered(task, candidates), _planned_count(task, holdings))
    batch, random_draws = (planned, None) if drawn is None else _interleaved(planned, drawn)
    return _annotated(task, shape, holdings, batch, random_draws, held)


def refuse_overflow(scores: FloatArray, rows: IndexArray) -> None:
    """Refuse inputs so large that a score, or a raw number of one, is not finite.

    Parameters
    ----------
    scores : ndarray of shape (n,) or (n, P)
    rows : ndarray of shape (n,)
        Their row indices.
    """
    fine = np.isfinite(scores)
    if not fine.all():
        row = int(rows[~fine.reshape(len(fine), -1).all(axis=1)][0])
        raise EngineError(
            "VALUE_NOT_FINITE", "the score is beyond what a FLOAT64 holds; the inputs are too large", field="plan.score", row=row
        )


def _check_count(task: Task, holdings: Holdings) -> int:
    """Return the number of rows of the pool, if there are candidates enough."""
    rows = holdings.candidates + holdings.excluded + holdings.guarded_total
    if not holdings.candidates:
        message = f"no row can be chosen: of {rows} rows {holdings.excluded} are excluded and {holdings.guarded_total} guarded"
        raise EngineError("POOL_EMPTY", message)
    if task.count is not None and task.count > holdings.candidates:
        message = f"count is {task.count}; the pool has {holdings.candidates} candidates ({rows} rows, {holdings.excluded} excluded, "
        raise EngineError("COUNT_EXCEEDS_POOL", f"{message}{holdings.guarded_total} guarded)", field="count")
    return rows


def _combined(task: Task, rows: int, holdings: Holdings) -> Columns:
    """Return the candidates that were kept, with their scores."""
    candidates = holdings.candidates_kept()
    score = task.plan.score
    if isinstance(score, PoolScore):
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is looked for below
            candidates["score"] = candidates["value"] = score.combine(candidates["raw"])
        refuse_overflow(candidates["score"], candidates["index"])
        holdings.statistics.add(candidates["score"])
        if task.keep_scores:
            holdings.hold_scores(0, rows, candidates["index"], candidates["score"])
    return candidates


def _drawn(task: Task, candidates: Columns, holdings: Holdings) -> Columns | None:
    """Return the rows of the random share, in the order in which they were drawn."""
    drawn = holdings.rows_drawn()
    if drawn is None:
        return None
    if isinstance(task.plan.score, PoolScore):
        drawn["score"] = candidates["score"][np.searchsorted(candidates["index"], drawn["index"])]
    return _take(drawn, top.ranking(drawn["value"], drawn["index"]))


def _without(candidates: Columns, indices: IndexArray) -> Columns:
    return _take(candidates, np.flatnonzero(~np.isin(candidates["index"], indices)))


def _prefiltered(task: Task, candidates: Columns) -> Columns:
    prefilter = task.plan.prefilter
    if prefilter is None or prefilter >= len(candidates["index"]):
        return candidates
    return _take(candidates, np.sort(top.top(candidates["score"], candidates["index"], prefilter)))


def _planned_count(task: Task, holdings: Holdings) -> int:
    return holdings.candidates if task.count is None else task.count - task.random_count


def _choose(task: Task, context: Context, candidates: Columns, count: int) -> Columns:
    """Return the rows that the plan takes, the first taken first."""
    if not count:
        return _take(candidates, np.empty(0, np.int64))
    choice = task.plan.choice
    if isinstance(choice, SetChoice):
        return _take(candidates, choice.choose(candidates, count, context))
    valued_before = task.plan.prefilter is None and not isinstance(task.plan.score, PoolScore)
    if not isinstance(choice, RowChoice):
        raise TypeError(f"{choice.name} is neither a row choice nor a set choice")
    values = candidates["value"] if valued_before else choice.value(candidates["score"], candidates["index"], context)
    return _take(candidates, top.top(values, candidates["index"], count))


def _interleaved(planned: Columns, drawn: Columns) -> tuple[Columns, npt.NDArray[np.bool_]]:
    """Spread the drawn rows evenly over the batch, so that whoever stops early has labelled about the same share of them."""
    many, few = len(planned["index"]), len(drawn["index"])
    total = many + few
    is_drawn = np.zeros(total, bool)
    is_drawn[((np.arange(few) + 0.5) * total / few).astype(np.int64)] = True
    batch = {}
    for name in planned.keys() & drawn.keys():
        column = np.empty((total, *planned[name].shape[1:]), planned[name].dtype)
        column[~is_drawn], column[is_drawn] = planned[name], drawn[name]
        batch[name] = column
    return batch, is_drawn


def _annotated(
    task: Task, shape: Shape, holdings: Holdings, batch: Columns, random_draws: npt.NDArray[np.bool_] | None, held: int
) -> Selection:
    count = len(batch["index"])
    components = {name: batch["raw"][:, column] for column, name in enumerate(task.component_names)}
    by_plan = batch["score"] if random_draws is None else batch["score"][~random_draws]
    return Selection(
        indices=batch["index"],
        keys=batch.get("key"),
        scores=batch["score"],
        priorities=1.0 - np.arange(count) / count,
        confidences=batch.get("confidence"),
        labels=batch.get("label"),
        random_draws=random_draws,
        inclusion_probabilities=_inclusion(task, holdings, count, random_draws),
        components=components,
        guarded_total=holdings.guarded_total,
        guarded_indices=np.array(holdings.guarded, np.int64),
        guarded_reasons=["NO_VOTES"] * min(holdings.guarded_total, MOST_GUARDED),
        statistics=_statistics(shape, holdings, held),
        warnings=_warnings(task, shape, holdings, by_plan),
    )


def _inclusion(task: Task, holdings: Holdings, count: int, random_draws: npt.NDArray[np.bool_] | None) -> FloatArray | None:
    """Return the probability with which a uniform draw takes each row; 0 where the plan gives none."""
    if task.plan.score.uniform and not task.plan.choice.needs:
        return np.full(count, count / holdings.candidates)
    if random_draws is None:
        return None
    return np.where(random_draws, task.random_count / holdings.candidates, 0.0)


def _statistics(shape: Shape, holdings: Holdings, held: int) -> Statistics:
    scores = holdings.statistics
    scores.histogram.trim()
    return Statistics(
        rows=holdings.candidates + holdings.excluded + holdings.guarded_total,
        candidates=holdings.candidates,
        excluded=holdings.excluded,
        classes=shape.classes,
        members=shape.members,
        prediction_source=shape.source,
        score_min=scores.low,
        score_max=scores.high,
        score_mean=scores.mean,
        score_std=scores.std,
        histogram_low=scores.histogram.low,
        histogram_width=scores.histogram.width,
        histogram_counts=scores.histogram.counts,
        bytes_kept=held,
    )


def _warnings(task: Task, shape: Shape, holdings: Holdings, chosen_scores: FloatArray) -> list[tuple[str, str]]:
    plan, scores = task.plan, holdings.statistics
    warnings = plan.choice.remarks(chosen_scores)
    if plan.score.ranks_alike_for_two_classes and shape.classes == 2:
        message = f"with two classes, {plan.score.name} ranks like every other score of one model's uncertainty"
        warnings.append(("BINARY_RANKING", message))
    if scores.low == scores.high and holdings.candidates > len(chosen_scores):
        warnings.append(
            (
                "ALL_SCORES_EQUAL",
                f"all {holdings.candidates} candidates have the score {scores.low:g}; they are told apart by row index alone",
            )
        )
    rows = holdings.candidates + holdings.excluded + holdings.guarded_total
    if holdings.saturated > SATURATED_SHARE * rows:
        share = holdings.saturated / rows
        warnings.append(
            ("SATURATED_CONFIDENCE", f"{share:.0%} of the rows have a probability of exactly 1, which hides how sure the model is of each")
        )
    return warnings


def _take(columns: Columns, positions: IndexArray) -> Columns:
    return {name: column[positions] for name, column in columns.items()}
