"""The policy behind the strategy "auto": what was sent decides, by replays and by what independent benchmarks found.

For one model's class probabilities the rules are those that won on thirteen real data sets with three families of models and batches of 1,
10 and 100, of the rules that were nowhere surely worse than a random draw (`make grid`; client/AUTO.md has the figures). The policy looks
at which columns there are, at the size of the batch and at how much is labelled; never at a value of the pool and never at how many rows
have arrived, so that the choice is the same however the pool is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.side import SideIntake
from querist_server.engine.task import Task

FEW_LABELS = 50
"""Labels per class below which coverage of the pool still pays beside uncertainty. The grid goes about as far: it may pay for longer."""
SINGLE_BATCH, SMALL_BATCH, LARGE_BATCH = 5, 10, 1000
"""Up to the first, margin's top is best even if embeddings were sent: at 1 it beat BADGE by far, at 10 it lost to it, and between them
nothing was measured. Up to the second, near-duplicates at the top do little harm. Above the third, only clusters scale."""


@dataclass(frozen=True)
class AutoChoice:
    """A preset that was chosen, why, and what else would fit: pairs of a preset and when to prefer it."""

    strategy: str
    reason: str
    alternatives: tuple[tuple[str, str], ...]

    @property
    def plan(self) -> Plan:
        """The preset's plan."""
        return PRESETS[self.strategy].plan


@dataclass(frozen=True)
class Situation:
    """What the policy looks at.

    Attributes
    ----------
    sent : frozenset of str
        Columns of the pool, and paths of what was sent beside it ("side." in front).
    count : int
        The batch; a large number if every candidate is ranked or a budget alone decides.
    classes : int
        0 if there are no predictions.
    labelled : int
        Labelled instances that were sent.
    """

    sent: frozenset[str]
    count: int
    classes: int
    labelled: int

    def has(self, *names: str) -> bool:
        """Tell whether any of these was sent."""
        return bool(self.sent & set(names))

    @property
    def small(self) -> bool:
        """Whether the batch is small."""
        return self.count <= SMALL_BATCH

    @property
    def single(self) -> bool:
        """Whether the batch is so small that it needs no diversity."""
        return self.count <= SINGLE_BATCH

    @property
    def predictions(self) -> bool:
        """Whether there are class probabilities."""
        return self.has("probabilities", "logits", "committee.probabilities", "committee.logits")

    @property
    def few_labels(self) -> bool:
        """Whether a labelled set was sent and is small for its classes."""
        return 0 < self.labelled < FEW_LABELS * max(self.classes, 2)


def resolve(task: Task, columns: Mapping[str, Any], side: SideIntake) -> AutoChoice:
    """Choose a preset for what was sent."""
    sent = frozenset(columns) | {f"side.{name}" for name in side.names}
    if task.cost_matrix is not None:
        sent |= {"cost_matrix"}
    classes = next((columns[name].shape[-1] for name in ("probabilities", "logits") if name in columns and columns[name].ndim > 1), 2)
    labelled = max((side.rows(name) for name in side.names if name.startswith("labelled.")), default=0)
    return choose(Situation(sent, task.count or 10**9, int(classes), labelled))


def choose(situation: Situation) -> AutoChoice:
    """Choose a preset for a situation: the first rule that fits, the next ones being the alternatives."""
    (strategy, reason), *others = _fitting(situation)
    seen, alternatives = {strategy}, []
    for name, why in others:
        if name not in seen:
            seen.add(name)
            alternatives.append((name, why))
    return AutoChoice(strategy, reason, tuple(alternatives))


def _fitting(at: Situation) -> Iterator[tuple[str, str]]:
    """Give the presets that fit, the best first."""
    yield from _by_task(at)
    if at.predictions:
        yield from _by_predictions(at)
    if at.has("committee.votes"):
        yield "vote_entropy", "only votes of a committee were sent, so their spread is what there is to go by"
    if at.has("embeddings"):
        yield from _by_embeddings(at)
    if at.has("scores"):
        yield "caller", "the caller's own score was sent"
    yield "random", "a uniform draw needs nothing, and is the control that any strategy has to beat"


def _by_task(at: Situation) -> Iterator[tuple[str, str]]:
    if at.has("side.wanted") and at.has("embeddings"):
        yield "flqmi", "examples of what is wanted were sent, so the batch looks for more like them"
    if at.has("parts"):
        yield "parts_margin", "parts of instances were sent: the most open tenth of each instance's parts counts"
    if at.has("label_probabilities"):
        if at.small:
            yield "label_margin", "labels do not exclude each other: the mean openness of all labels counts"
        yield (
            "power_label_margin",
            "labels do not exclude each other: the mean openness of all labels counts, drawn at random to avoid twins",
        )
    if at.has("committee.values"):
        if at.small:
            yield "member_variance", "a regression committee was sent: its variance is what another label would remove"
        yield "power_member_variance", "a regression committee was sent: its variance, drawn at random to avoid twins"
    targets = at.has("side.labelled.values") and not at.has("side.labelled.classes") and not at.predictions
    if (targets or at.has("predicted_values", "predicted_variances")) and at.has("embeddings"):
        yield "lcmd", "regression with embeddings: largest cluster maximum distance won the authors' benchmark of 15 data sets"
    if at.has("predicted_variances"):
        yield "predictive_variance", "the regression model's own variance was sent"


def _by_predictions(at: Situation) -> Iterator[tuple[str, str]]:
    if at.has("cost_matrix"):
        yield "expected_cost_margin", "a cost matrix was sent, so errors differ in what they cost"
    # With two classes margin and BADGE find the border as soon, and coverage spends labels elsewhere.
    if at.few_labels and at.classes > 2 and at.has("embeddings") and at.count <= LARGE_BATCH:
        few = f"{at.labelled} labels for {at.classes} classes are few (below {FEW_LABELS} a class)"
        if not at.single:  # a whole batch by what a young model is unsure of can be worse than a random one
            yield "max_herding", f"{few}: in batches, coverage of the pool did best in replays of what was nowhere worse than random"
        yield (
            "uherding",
            f"{few}: coverage weighted by uncertainty did best in replays, but on some noisy sets worse than random in batches",
        )
    if at.has("committee.probabilities", "committee.logits"):
        if at.has("side.target.committee"):
            on_target = "a committee and a target set were sent: what the label tells about the target set"
            yield ("target_epig", on_target) if at.small else ("power_target_epig", f"{on_target}, drawn at random to avoid twins")
        if at.small:
            yield "bald", "a committee and a small batch: what its members disagree about"
        yield "power_bald", "a committee and a large batch: what its members disagree about, drawn at random to avoid twins"
    if at.single:
        yield "margin", "one model and hardly more than one label at a time: margin is the plain score that is hardest to beat"
    if at.has("embeddings"):
        if at.count <= LARGE_BATCH:
            yield "badge_shortlist", "a batch needs diversity, and embeddings were sent: BADGE on the most uncertain candidates"
        yield "cluster_margin", "clusters of the most uncertain candidates scale to very large batches"
    if at.small:
        yield "margin", "one model and a small batch without embeddings: margin is the plain score that is hardest to beat"
    yield "power_margin", "a large batch without embeddings: margin, drawn at random, avoids near-duplicates at no cost"
    yield "margin", "for small batches"


def _by_embeddings(at: Situation) -> Iterator[tuple[str, str]]:
    if at.count <= LARGE_BATCH:
        yield "max_herding", "embeddings but no predictions: the batch that stands best for the whole pool"
    yield "k_means", "embeddings and a very large batch: one instance for each of as many clusters"
