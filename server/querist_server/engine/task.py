"""What is asked for: a plan and all that goes with it, checked as far as it can be before a row has arrived."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations.suggestions import PreAnnotation
from querist_server.engine.errors import EngineError
from querist_server.engine.part import PoolScore
from querist_server.engine.plan import Plan
from querist_server.engine.set_score import SetScore
from querist_server.engine.situation import Situation


@dataclass(frozen=True)
class Limits:
    """The largest pool that is accepted; the names are the contract's `ServerLimits`."""

    max_rows: int
    max_classes: int
    max_members: int
    max_embedding_width: int
    max_kept_bytes: int
    max_score_cells: float = float("inf")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One selection, before its pool.

    Attributes
    ----------
    plan : Plan
    auto : bool
        Whether the plan is to be chosen by what is sent; `plan` then stands for it until that is known.
    count : int or None
        How many to choose; None ranks every candidate, or as many as the budget pays for.
    seed : int
        From 0 to 2^64 - 1.
    random_share : float
        Share of the batch that is drawn uniformly instead of by the plan.
    audit_share : float
        Share of the batch that is drawn uniformly from what guards put aside.
    budget : float or None
        What the labels of the batch may cost together.
    exclude_indices : ndarray of int64, any shape, or None
        Row indices that must not be chosen.
    member_weights : ndarray of shape (K,), float64, or None
        None weighs all members alike.
    cost_matrix : ndarray of shape (C, C), or None
    class_count : int or None
        Number of classes; must be given with votes.
    expected_rows : int or None
        Number of rows of the pool, if known.
    calibration_origin : str or None
        Where a calibration set comes from: "RANDOM" or "CHOSEN".
    pre_annotation : PreAnnotation or None
        Which labels come with each chosen instance for a person to start from.
    situation : Situation or None
        What the caller knows of this round of a campaign.
    keep_components : bool
        Whether the raw parts of a pool score are returned for the chosen.
    keep_scores : bool
        Whether the scores of the whole pool are returned.
    keep_draws : bool
        Whether it is told how likely each instance was to be drawn.

    Raises
    ------
    EngineError
        If a number is out of range or two of them exclude each other.
    """

    plan: Plan
    count: int | None
    seed: int
    auto: bool = False
    random_share: float = 0.0
    audit_share: float = 0.0
    budget: float | None = None
    exclude_indices: npt.NDArray[np.int64] | None = None
    member_weights: npt.NDArray[np.float64] | None = None
    cost_matrix: npt.NDArray[np.float64] | None = None
    class_count: int | None = None
    expected_rows: int | None = None
    calibration_origin: str | None = None
    pre_annotation: PreAnnotation | None = None
    situation: Situation | None = None
    keep_components: bool = False
    keep_scores: bool = False
    keep_draws: bool = False

    def __post_init__(self) -> None:
        _require(self.count is None or self.count >= 1, "count", f"count is {self.count}; allowed is 1 or more")
        for name in ("random_share", "audit_share"):
            share = getattr(self, name)
            _require(0 <= share <= 1, name, f"{name} is {share}; allowed is 0 to 1")
            _require(self.count is not None or not share, name, f"{name} is a share of count: give a count", "FIELD_CONFLICT")
        _require(
            self.random_share + self.audit_share <= 1,
            "audit_share",
            f"random_share and audit_share are {self.random_share + self.audit_share} together; allowed is at most 1",
        )
        _require(
            self.class_count is None or self.class_count >= 2, "class_count", f"class_count is {self.class_count}; allowed is 2 or more"
        )
        _require(
            self.expected_rows is None or self.expected_rows >= 1,
            "expected_rows",
            f"expected_rows is {self.expected_rows}; allowed is 1 or more",
        )
        _require(
            self.budget is None or (np.isfinite(self.budget) and self.budget > 0),
            "budget",
            f"budget is {self.budget}; allowed is a finite number above 0",
        )
        self._check_plan()
        if self.exclude_indices is not None and self.exclude_indices.size:
            lowest = int(self.exclude_indices.min())
            _require(lowest >= 0, "exclude_indices", f"a row index is {lowest}; allowed is 0 or more", "INDEX_OUT_OF_RANGE")
        _check_weights(self.member_weights)
        if self.cost_matrix is not None and not np.isfinite(self.cost_matrix).all():
            raise EngineError("VALUE_NOT_FINITE", "a cost is not finite; every cost must be", field="cost_matrix")

    def _check_plan(self) -> None:
        plan = self.plan
        prefilter = plan.prefilter
        if prefilter is not None:
            _require(self.count is not None, "plan.prefilter", "a prefilter needs a count", "FIELD_CONFLICT")
            _require(prefilter >= (self.count or 1), "plan.prefilter", f"prefilter is {prefilter}; allowed is at least count, {self.count}")
        names = [weight.name for weight in plan.weights]
        repeated = next((name for name in names if names.count(name) > 1), "")
        _require(not repeated, "plan.weights", f"the weight {repeated} is there twice; each may be there once", "FIELD_CONFLICT")
        _require(
            not (self.audit_share and isinstance(plan.score, (PoolScore, SetScore))),
            "audit_share",
            f"the score {plan.score.name} is known among candidates alone, so that nothing that guards put aside has one",
            "FIELD_CONFLICT",
        )

        if isinstance(plan.score, SetScore) and plan.score.most_scored is not None:
            most, field = plan.score.most_scored, f"plan.score.{plan.score.name}.shortlist"
            _require(self.count is not None, field, "a shortlist needs a count", "FIELD_CONFLICT")
            _require(most >= (self.count or 1), field, f"shortlist is {most}; allowed is at least count, {self.count}")

    def with_plan(self, plan: Plan) -> Task:
        """Return the task with the plan that is really run."""
        resolved = plan.resolved(self.count)
        return self if resolved is self.plan and not self.auto else replace(self, plan=resolved, auto=False)

    @property
    def random_count(self) -> int:
        """How many of the batch are drawn uniformly."""
        return round(self.random_share * (self.count or 0))

    @property
    def audit_count(self) -> int:
        """How many of the batch are drawn uniformly from what guards put aside."""
        return round(self.audit_share * (self.count or 0))

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the raw parts that are returned for the chosen."""
        score = self.plan.score
        return score.component_names if self.keep_components and isinstance(score, PoolScore) else ()

    @property
    def watched(self) -> bool:
        """Whether guards or a budget close candidates as the batch grows."""
        return self.budget is not None or any(guard.looks_at_batch for guard in self.plan.guards)


def _check_weights(weights: npt.NDArray[np.float64] | None) -> None:
    if weights is None:
        return
    fine = np.isfinite(weights) & (weights >= 0)
    if not fine.all():
        worst = weights[~fine][0]
        raise EngineError("WEIGHTS_INVALID", f"a weight is {worst}; allowed is a finite number of 0 or more", field="member_weights")
    if not weights.any():
        raise EngineError("WEIGHTS_INVALID", "all weights are 0; at least one must be above 0", field="member_weights")


def _require(holds: bool, field: str, message: str, reason: str = "VALUE_OUT_OF_RANGE") -> None:
    if not holds:
        raise EngineError(reason, message, field=field)
