"""What is said of a batch beside its rows: where its scores come from, what it costs, how likely each row was, what to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations.pre_annotation import suggest
from querist_server.engine.annotations.suggestions import Suggestions
from querist_server.engine.batching import Batch
from querist_server.engine.holdings import Holdings
from querist_server.engine.keep import Columns
from querist_server.engine.part import FloatArray, Need
from querist_server.engine.pool import Context
from querist_server.engine.selection import Selection, Spending, Statistics
from querist_server.engine.shape import Shape
from querist_server.engine.task import Task

ACCURACY = "accuracy."
"""What columns begin with that say how exact a score is."""
SATURATED_SHARE = 0.5
_PREDICTED = frozenset(Need) - {
    Need.EMBEDDINGS,
    Need.COST_MATRIX,
    Need.COSTS,
    Need.GROUPS,
    Need.UNLABELABLE,
    Need.THUMBNAILS,
    Need.WANTED,
    Need.UNWANTED,
    Need.LABELLED_CLASSES,
    Need.LABELLED_VALUES,
    Need.LABELLED_SETS,
    Need.LABELLED_EMBEDDINGS,
    Need.CLASS_COUNT,
    Need.TWO_CLASSES,
    Need.TARGET_EMBEDDINGS,
    Need.ANSWERS,
    Need.KEYS,
}
"""Needs that are what a model says."""


@dataclass(frozen=True)
class Report:
    """What was asked for and what was kept, from which everything is said."""

    task: Task
    context: Context
    shape: Shape
    holdings: Holdings
    rows: int

    def selection(self, batch: Columns, planned: Batch, held: int, warnings: list[tuple[str, str]]) -> Selection:
        """Return the batch with all that is known of it.

        Parameters
        ----------
        batch : dict of str to ndarray
            The columns of the chosen, the first first.
        planned : Batch
            The part that the plan took.
        held : int
            Bytes that were kept of the pool.
        warnings : list of (str, str)
        """
        task, holdings = self.task, self.holdings
        count = len(batch["index"])
        rows, measures, reasons = holdings.quarantine.listed()
        return Selection(
            indices=batch["index"],
            keys=batch.get("key"),
            scores=batch["score"],
            priorities=1.0 - np.arange(count) / max(count, 1),
            confidences=batch.get("confidence"),
            labels=batch.get("label"),
            random_draws=batch.get("random_draw"),
            audit_draws=batch.get("audit_draw"),
            draw_numbers=batch.get("draw_number"),
            draw_probabilities=batch.get("draw_probability"),
            inclusion_probabilities=self._inclusion(batch),
            components=self._components(batch),
            values=batch["value"] if task.plan.weights else None,
            gains=batch.get("gain"),
            clusters=batch.get("cluster"),
            costs=batch.get("cost"),
            guarded_total=holdings.quarantine.total,
            guarded_indices=rows,
            guarded_reasons=reasons,
            guarded_values=measures,
            guarded_tallies=dict(holdings.quarantine.tallies),
            spending=self._spending(batch, planned),
            guarantee=planned.guarantee,
            calibration=self.context.calibration,
            suggestions=self._suggestions(batch),
            score_source=self._score_source(),
            statistics=self._statistics(held),
            warnings=warnings,
        )

    def _suggestions(self, batch: Columns) -> Suggestions | None:
        """Return labels for a person to start from; none for draws that are to tell how good the model is."""
        asked = self.task.pre_annotation
        if asked is None:
            return None
        silent = np.zeros(len(batch["index"]), bool)
        for name in ("random_draw", "audit_draw"):
            silent |= batch.get(name, False)
        return suggest(asked, batch, silent, self.task.calibration_origin, self.context.side)

    def _components(self, batch: Columns) -> dict[str, npt.NDArray[Any]]:
        components = {name: batch["raw"][:, column] for column, name in enumerate(self.task.component_names)}
        if self.task.keep_components:
            components |= {name.removeprefix("factor."): column for name, column in batch.items() if name.startswith("factor.")}
        components |= {name.removeprefix(ACCURACY): column for name, column in batch.items() if name.startswith(ACCURACY)}
        return components

    def _score_source(self) -> str:
        """Return a name of the contract's `ScoreSource`."""
        score = self.task.plan.score
        uses = score.required() | score.required_of_parts() | score.heeds
        predicted = bool(uses & _PREDICTED) and self.shape.predicted
        predicted |= Need.HEAD in uses and self.context.side.head_weights is not None
        if score.surrogate(self.context.side):
            return "CLIENT_MODEL_AND_SURROGATE" if predicted else "SURROGATE"
        return "CLIENT_MODEL" if predicted else "UNSPECIFIED"

    def _inclusion(self, batch: Columns) -> FloatArray | None:
        """Return the probability with which a uniform draw takes each row; 0 where the plan gives none."""
        task, plan, count = self.task, self.task.plan, len(batch["index"])
        if task.watched:
            return None  # what was taken before decides over what comes after
        if plan.score.uniform and not plan.choice.needs and not plan.weights and not task.audit_count:
            return np.full(count, count / self.holdings.candidates)
        if "random_draw" not in batch:
            return None
        return np.where(batch["random_draw"], task.random_count / self.holdings.candidates, 0.0)

    def _spending(self, batch: Columns, planned: Batch) -> Spending | None:
        if "cost" not in batch:
            return None
        total, budget, model = float(batch["cost"].sum()), self.task.budget, self.context.cost_model
        return Spending(
            cost=total,
            left=None if budget is None else max(0.0, budget - total),
            affordable=None if budget is None else planned.affordable(budget - total),
            predicted=model is not None,
            error=None if model is None else float(np.exp(model.error)),
        )

    def _statistics(self, held: int) -> Statistics:
        holdings, scores = self.holdings, self.holdings.statistics
        scores.histogram.trim()
        return Statistics(
            rows=self.rows,
            candidates=holdings.candidates,
            excluded=holdings.excluded,
            classes=self.shape.classes,
            members=self.shape.members,
            prediction_source=self.shape.source,
            score_min=scores.low,
            score_max=scores.high,
            score_mean=scores.mean,
            score_std=scores.std,
            histogram_low=scores.histogram.low,
            histogram_width=scores.histogram.width,
            histogram_counts=scores.histogram.counts,
            bytes_kept=held,
        )

    def _about_calibration(self) -> list[tuple[str, str]]:
        found, warnings = self.context.calibration, []
        if found is not None and self.task.calibration_origin == "CHOSEN":
            message = f"the temperature {found.temperature:.3g} suits the instances that were chosen; a random draw would suit all"
            warnings.append(("CALIBRATION_CHOSEN", message))
        if found is not None and not found.bounded:
            message = f"the {found.rows} instances of the calibration set fit best with the last temperature tried, {found.temperature:.3g}"
            warnings.append(("CALIBRATION_UNBOUNDED", message))
        return warnings

    def warnings(self, chosen_scores: FloatArray, taken: int, audited: int) -> list[tuple[str, str]]:
        """Return what the caller should know although nothing failed: of the scores that the plan took, how many were taken and audited."""
        task, plan, scores = self.task, self.task.plan, self.holdings.statistics
        warnings = plan.choice.remarks(chosen_scores)
        if plan.score.ranks_alike_for_two_classes and self.shape.classes == 2:
            message = f"with two classes, {plan.score.name} ranks like every other score of one model's uncertainty"
            warnings.append(("BINARY_RANKING", message))
        if scores.low == scores.high and self.holdings.candidates > len(chosen_scores):
            message = f"all {self.holdings.candidates} candidates have the score {scores.low:g}; they are told apart by row index alone"
            warnings.append(("ALL_SCORES_EQUAL", message))
        if self.holdings.saturated > SATURATED_SHARE * self.rows:
            share = self.holdings.saturated / self.rows
            message = f"{share:.0%} of the rows have a probability of exactly 1, which hides how sure the model is of each"
            warnings.append(("SATURATED_CONFIDENCE", message))
        if task.budget is not None and task.count is not None and taken < task.count:
            warnings.append(("BUDGET_SPENT", f"{taken} of {task.count} instances fit the budget of {task.budget:g}"))
        warnings += self._about_calibration()
        if audited < task.audit_count:
            warnings.append(
                ("AUDIT_SHORT", f"{audited} instances were drawn for audit instead of {task.audit_count}: no more were put aside")
            )
        return warnings
