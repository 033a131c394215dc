"""What the engine found, as responses."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from querist import codec
from querist._version import __version__
from querist.v1 import selection_service_pb2 as pb

from querist_server.engine.annotations.suggestions import Suggestions
from querist_server.engine.calibrations.temperature import Temperature
from querist_server.engine.pipeline import AutoChoice
from querist_server.engine.plan import Plan
from querist_server.engine.selection import Selection, Statistics
from querist_server.service.advice import encode_advice
from querist_server.service.campaigns import encode_state
from querist_server.service.plans import encode_plan

PIECE_BYTES = 3 * 2**20
"""What a piece of a long selection may weigh: below the 4 MiB that every gRPC library takes by default."""
ROW_BYTES, COMPONENT_BYTES, LABEL_BYTES, SUGGESTION_BYTES = 140, 8, 19, 40
"""The most that the columns of an instance weigh, each component more, and each label with its confidence (a label of -1 takes 10)."""


def encode_response(
    selection: Selection,
    plan: Plan,
    *,
    strategy: str,
    auto_choice: AutoChoice | None,
    seed: int,
    seconds: dict[str, float],
    class_labels: list[str],
    rows: slice,
) -> pb.SelectResponse:
    """Return the response with the given part of the chosen instances."""
    response = pb.SelectResponse(
        auto_choice=_auto_choice(auto_choice),
        spending=None if selection.spending is None else pb.Spending(**dataclasses.asdict(selection.spending)),
        guarantee=selection.guarantee,
        calibration=_calibration(selection.calibration),
        pre_annotation=_pre_annotation(selection.suggestions),
        score_source=f"SCORE_SOURCE_{selection.score_source}",
        selection_id=secrets.token_hex(12),
        selected=encode_selected(selection, rows),
        guarded=_guarded(selection),
        plan=encode_plan(plan),
        strategy=strategy,
        seed=seed,
        statistics=_statistics(selection.statistics),
        server_version=__version__,
        class_labels=class_labels,
        stop=encode_advice(selection.advice),
        campaign_state=None if selection.advice is None else encode_state(selection.advice.campaign),
    )
    for stage, spent in {**seconds, **selection.seconds}.items():
        response.timings.add(stage=f"STAGE_{stage}", seconds=spent)
    for code, message in selection.warnings:
        response.warnings.add(code=f"WARNING_CODE_{code}", message=message)
    return response


def encode_pieces(selection: Selection) -> Iterator[slice]:
    """Cut a long selection into rows for one message each; the last piece goes with the result."""
    count = len(selection.indices)
    found = selection.suggestions
    labels = 0 if found is None else LABEL_BYTES * (found.labels.shape[1] + found.largest_set) + SUGGESTION_BYTES
    rows = max(1, PIECE_BYTES // (ROW_BYTES + COMPONENT_BYTES * len(selection.components) + labels))
    for start in range(0, max(count, 1), rows):
        yield slice(start, min(start + rows, count))


def encode_selected(selection: Selection, rows: slice) -> pb.Selected:
    """Return the columns of some of the chosen instances."""
    return pb.Selected(
        indices=selection.indices[rows].tolist(),
        keys=_values(selection.keys, rows),
        scores=selection.scores[rows].tolist(),
        priorities=selection.priorities[rows].tolist(),
        confidences=_values(selection.confidences, rows),
        predicted_labels=_values(selection.labels, rows),
        random_draws=_values(selection.random_draws, rows),
        inclusion_probabilities=_values(selection.inclusion_probabilities, rows),
        values=_values(selection.values, rows),
        gains=_values(selection.gains, rows),
        clusters=_values(selection.clusters, rows),
        costs=_values(selection.costs, rows),
        audit_draws=_values(selection.audit_draws, rows),
        draw_numbers=_values(selection.draw_numbers, rows),
        draw_probabilities=_values(selection.draw_probabilities, rows),
        **_suggested(selection.suggestions, rows),
        components=[pb.ScoreComponent(name=name, values=values[rows].tolist()) for name, values in selection.components.items()],
    )


def encode_scores(first_row: int, scores: npt.NDArray[np.float64]) -> pb.ScoreBlock:
    """Return the scores of consecutive rows."""
    return pb.ScoreBlock(first_row=first_row, scores=codec.encode(scores))


def _values(column: npt.NDArray[Any] | None, rows: slice) -> list[Any]:
    return [] if column is None else column[rows].tolist()


def _calibration(found: Temperature | None) -> pb.CalibrationReport | None:
    if found is None:
        return None
    before, after = (pb.CalibrationQuality(**dataclasses.asdict(quality)) for quality in (found.before, found.after))
    return pb.CalibrationReport(temperature=found.temperature, rows=found.rows, before=before, after=after)


def _pre_annotation(found: Suggestions | None) -> pb.PreAnnotationReport | None:
    if found is None:
        return None
    safe = found.acceptance
    return pb.PreAnnotationReport(
        top_labels=found.labels.shape[1],
        set_thresholds=found.set_thresholds.tolist(),
        coverage_guaranteed=found.guaranteed,
        accept_threshold=None if safe is None else safe.threshold,
        accept_error_bound=None if safe is None else safe.bound,
        accept_rows=0 if safe is None else safe.rows,
    )


def _suggested(found: Suggestions | None, rows: slice) -> dict[str, list[Any]]:
    """Return the columns of pre-annotations of some of the chosen instances."""
    if found is None:
        return {}
    columns: dict[str, list[Any]] = {
        "top_labels": found.labels[rows].reshape(-1).tolist(),
        "top_confidences": found.confidences[rows].reshape(-1).tolist(),
        "accepted": _values(found.accepted, rows),
        "sure_counts": _values(found.sure_counts, rows),
        "suggested_values": _values(found.values, rows),
        "interval_lows": _values(found.lows, rows),
        "interval_highs": _values(found.highs, rows),
    }
    if found.set_sizes is not None:
        ends = np.concatenate(([0], np.cumsum(np.maximum(found.set_sizes, 0))))
        first, stop, _ = rows.indices(len(found.set_sizes))
        columns["set_sizes"] = found.set_sizes[rows].tolist()
        columns["set_labels"] = found.set_labels[ends[first] : ends[stop]].tolist()
    return columns


def _auto_choice(chosen: AutoChoice | None) -> pb.AutoChoice | None:
    if chosen is None:
        return None
    alternatives = [pb.AutoAlternative(strategy=strategy, reason=reason) for strategy, reason in chosen.alternatives]
    return pb.AutoChoice(strategy=chosen.strategy, reason=chosen.reason, alternatives=alternatives)


def _guarded(selection: Selection) -> pb.Guarded:
    return pb.Guarded(
        total=selection.guarded_total,
        indices=selection.guarded_indices.tolist(),
        reasons=[f"GUARD_REASON_{reason}" for reason in selection.guarded_reasons],
        values=selection.guarded_values.tolist(),
        tallies=[pb.GuardTally(reason=f"GUARD_REASON_{reason}", count=count) for reason, count in selection.guarded_tallies.items()],
    )


def _statistics(statistics: Statistics) -> pb.PoolStatistics:
    fields = dict(vars(statistics))  # and not a deep copy, which takes longer than all the rest of a small answer
    histogram = pb.Histogram(
        low=fields.pop("histogram_low"), width=fields.pop("histogram_width"), counts=fields.pop("histogram_counts").tolist()
    )
    source = f"PREDICTION_SOURCE_{fields.pop('prediction_source')}"
    return pb.PoolStatistics(**fields, prediction_source=source, score_histogram=histogram)
