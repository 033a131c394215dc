"""The stages after the last row: guard the whole, combine, weigh, draw, choose, annotate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from querist_server.engine import batching, draws, keep
from querist_server.engine.batching import Batch
from querist_server.engine.errors import EngineError
from querist_server.engine.holdings import Holdings, weighted
from querist_server.engine.keep import Columns
from querist_server.engine.kernels import noise, top
from querist_server.engine.part import FloatArray, PoolScore, PoolWeight, Suspects
from querist_server.engine.pool import Context
from querist_server.engine.reporting import ACCURACY, Report
from querist_server.engine.selection import Selection
from querist_server.engine.set_score import SetScore
from querist_server.engine.shape import Shape
from querist_server.engine.task import Task


def select(task: Task, context: Context, shape: Shape, holdings: Holdings) -> Selection:
    """Choose the batch from what was kept.

    Raises
    ------
    EngineError
        If there are fewer candidates than asked for, or keys repeat.
    """
    return _Choosing(task, context, shape, holdings).run()


def refuse_overflow(scores: FloatArray, rows: npt.NDArray[np.int64], first_row: int = 0) -> None:
    """Refuse inputs so large that a score, or a raw number of one, is not finite.

    Parameters
    ----------
    scores : ndarray of shape (n,) or (n, P)
    rows : ndarray of shape (n,)
        Their row indices.
    first_row : int
        From which these are counted.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(scores.sum()):  # a sum of finite scores may overflow, so this only ever spares the closer look
            return
    fine = np.isfinite(scores)
    if not fine.all():
        row = first_row + int(rows[~fine.reshape(len(fine), -1).all(axis=1)][0])
        raise EngineError(
            "VALUE_NOT_FINITE", "the score is beyond what a FLOAT64 holds; the inputs are too large", field="plan.score", row=row
        )


@dataclass
class _Choosing:
    """The way from what was kept to the answer."""

    task: Task
    context: Context
    shape: Shape
    holdings: Holdings
    rows: int = field(init=False, default=0)
    warnings: list[tuple[str, str]] = field(init=False, default_factory=list)

    def run(self) -> Selection:
        task, holdings = self.task, self.holdings
        holdings.check_keys()
        self.rows = holdings.candidates + holdings.excluded + holdings.quarantine.total
        held = holdings.bytes
        self._check_count()
        candidates = holdings.candidates_kept()
        candidates, aside = self._guarded(candidates)
        self._check_count()
        candidates = self._weighted(self._combined(candidates))
        audit = self._audited(aside)
        drawn, candidates = self._drawn(candidates, audit)
        count = self._planned_count(drawn, audit)
        chances = self._chances(candidates, drawn)
        planned = self._planned(candidates, count, [drawn, audit])
        chances(planned)
        by_plan = planned.columns["score"]
        for asked, name, marked in ((task.random_count, "random_draw", drawn), (task.audit_count, "audit_draw", audit)):
            for batch in (planned, drawn, audit) if asked else ():
                batch.columns[name] = np.full(len(batch), batch is marked)
        columns = planned.columns
        for extra in (drawn, audit):
            columns = batching.interleaved(columns, extra.columns)
        report = Report(task, self.context, self.shape, holdings, self.rows)
        return report.selection(columns, planned, held, self.warnings + report.warnings(by_plan, len(columns["index"]), len(audit)))

    def _chances(self, candidates: Columns, drawn: Batch) -> Callable[[Batch], None]:
        """Say how likely each draw was: of the random share now, of what the plan takes once it has taken it."""
        if not self.task.keep_draws:
            return lambda planned: None  # noqa: ARG005 - nothing to say
        scored = ~np.isnan(candidates["score"])
        values, rows = candidates["value"][scored], candidates["index"][scored]
        before = len(drawn)

        def note(batch: Batch, chances: FloatArray, number: int) -> None:
            batch.columns |= {"draw_probability": chances, "draw_number": np.arange(number, number + len(chances))}

        note(drawn, draws.uniform(self.holdings.candidates, before), 1)
        return lambda planned: note(planned, draws.planned(self.task, values, rows, planned.columns["index"]), before + 1)

    def _check_count(self) -> None:
        holdings, task = self.holdings, self.task
        pool = f"{self.rows} rows, {holdings.excluded} excluded, {holdings.quarantine.total} guarded"
        if not holdings.candidates:
            raise EngineError("POOL_EMPTY", f"no row can be chosen: the pool has {pool}")
        if task.count is not None and task.count - task.audit_count > holdings.candidates:
            message = f"count is {task.count}; the pool has {holdings.candidates} candidates ({pool})"
            raise EngineError("COUNT_EXCEEDS_POOL", message, field="count")

    def _guarded(self, candidates: Columns) -> tuple[Columns, list[Columns]]:
        """Put aside what guards find when they see all candidates; return the others, and what was put aside if it is to be audited."""
        aside = []
        for guard in self.task.plan.guards:
            if not guard.looks_at_pool or not len(candidates["index"]):
                continue
            out = np.zeros(len(candidates["index"]), bool)
            for suspects in guard.pool_suspects(candidates, self.context):
                fresh = ~out[suspects.positions]
                positions = suspects.positions[fresh]
                out[positions] = True
                self.holdings.quarantine.add(Suspects(suspects.reason, positions, suspects.values[fresh]), candidates["index"][positions])
            if self.task.audit_count:
                aside.append(batching.taken(candidates, np.flatnonzero(out)))
            candidates = keep.without(candidates, out)
            self.holdings.candidates -= int(np.count_nonzero(out))
        return candidates, aside

    def _combined(self, candidates: Columns) -> Columns:
        """Return the candidates with their scores, which for some plans are known only now."""
        score, holdings = self.task.plan.score, self.holdings
        if isinstance(score, PoolScore):
            with np.errstate(over="ignore", invalid="ignore"):  # overflow is looked for below
                candidates["score"] = score.combine(candidates["raw"])
            refuse_overflow(candidates["score"], candidates["index"])
        if isinstance(score, SetScore):
            self._scored_together(score, candidates)
        if holdings.settles_late:
            scored = ~np.isnan(candidates["score"])
            holdings.settle(0, self.rows, candidates["index"][scored], candidates["score"][scored])
        return candidates

    def _scored_together(self, score: SetScore, candidates: Columns) -> None:
        """Give the candidates their scores, NaN to those that a shortlist leaves out, and what the score says of its own accuracy."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # overflow is looked for below
            found = score.among(candidates, self.context)
        refuse_overflow(found.scores[found.scored], candidates["index"][found.scored])
        candidates["score"] = found.scores
        candidates |= {f"{ACCURACY}{name}": column for name, column in found.accuracy.items()}
        missing = len(found.scores) - int(np.count_nonzero(found.scored))
        if not missing:
            return
        wanted = self.task.count
        if wanted is None or wanted - self.task.random_count > len(found.scores) - missing:
            message = f"the score {score.name} has room for {len(found.scores) - missing} of {len(found.scores)} candidates; "
            asked = "all are to be ranked" if wanted is None else f"count is {wanted}"
            raise EngineError("COUNT_EXCEEDS_POOL", message + asked, field="count")
        share = f"{len(found.scores) - missing} of {len(found.scores)} candidates have a score"
        self.warnings.append(("SHORTLISTED", f"{share}; none of the others could have one above {found.ceiling:g}"))

    def _weighted(self, candidates: Columns) -> Columns:
        """Return the candidates with the value by which the choice goes."""
        for weight in self.task.plan.weights:
            if isinstance(weight, PoolWeight):
                candidates[f"factor.{weight.name}"] = weight.factor_among({**candidates, "value": candidates["score"]}, self.context)
        factors = [column for name, column in candidates.items() if name.startswith("factor.")]
        candidates["value"] = weighted(candidates["score"], factors, candidates["index"])
        scored = ~np.isnan(candidates["score"])
        refuse_overflow(candidates["value"][scored], candidates["index"][scored])
        return candidates

    def _audited(self, aside: list[Columns]) -> Batch:
        """Draw from what guards put aside."""
        if not self.task.audit_count:
            return Batch.empty()
        pieces = [piece for piece in (self.holdings.rows_to_audit(), *aside) if len(piece["index"])]
        if not pieces:
            return Batch.empty()
        names = set.intersection(*(set(piece) for piece in pieces))
        together = {name: np.concatenate([piece[name] for piece in pieces]) for name in names}
        draws = noise.uniform(self.context.seed, noise.Purpose.AUDIT, together["index"])
        order = top.top(draws, together["index"], self.task.audit_count)
        return batching.in_order(self.task, self.context, together, order, len(order), [], watched=False)

    def _drawn(self, candidates: Columns, audit: Batch) -> tuple[Batch, Columns]:
        """Draw the random share; return it and the candidates without it."""
        count = self.task.random_count
        if not count:
            return Batch.empty(), candidates
        drawn_from = candidates if self.holdings.keeps_all else self._weighted(self.holdings.rows_drawn())
        draws = noise.uniform(self.context.seed, noise.Purpose.RANDOM_SHARE, drawn_from["index"])
        drawn = batching.in_order(self.task, self.context, drawn_from, top.ranking(draws, drawn_from["index"]), count, [audit])
        self.holdings.quarantine.close(drawn.closures)
        return drawn, keep.without(candidates, np.isin(candidates["index"], drawn.columns["index"]))

    def _planned_count(self, drawn: Batch, audit: Batch) -> int:
        if self.task.count is None:
            return self.holdings.candidates
        return self.task.count - len(drawn) - len(audit)

    def _planned(self, candidates: Columns, count: int, before: Sequence[Batch]) -> Batch:
        """Return what the plan takes."""
        candidates = keep.without(candidates, np.isnan(candidates["score"]))
        prefilter = self.task.plan.prefilter
        if prefilter is not None and prefilter < len(candidates["index"]):
            best = top.top(candidates["value"], candidates["index"], prefilter)
            candidates = batching.taken(candidates, np.sort(best))
        planned = batching.by_choice(self.task, self.context, candidates, count, before)
        self.holdings.quarantine.close(planned.closures)
        if self.task.budget is None and self.task.count is not None and len(planned) < count:
            message = f"count is {self.task.count}; the plan's guards let only {len(planned)} of the {count} be taken that are not drawn"
            more = "" if prefilter is None else f" from the best {prefilter}, to which the prefilter limits the choice"
            raise EngineError("COUNT_EXCEEDS_POOL", message + more, field="count")
        return planned
