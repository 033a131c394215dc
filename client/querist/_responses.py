"""Messages of the server to results. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timezone
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import catalogue, codec, results
from querist.advice import StopAdvice, advice_of
from querist.plan import Plan
from querist.v1 import model_service_pb2, selection_service_pb2, system_service_pb2

_COLUMNS = (
    # name in the message, type, name in the result
    ("indices", np.int64, "indices"),
    ("keys", np.int64, "keys"),
    ("scores", np.float64, "scores"),
    ("priorities", np.float64, "priorities"),
    ("confidences", np.float64, "confidences"),
    ("predicted_labels", np.int32, "predicted_labels"),
    ("random_draws", np.bool_, "random_draws"),
    ("inclusion_probabilities", np.float64, "inclusion_probabilities"),
    ("audit_draws", np.bool_, "audit_draws"),
    ("draw_numbers", np.int64, "draw_numbers"),
    ("draw_probabilities", np.float64, "draw_probabilities"),
    ("values", np.float64, "values"),
    ("gains", np.float64, "gains"),
    ("clusters", np.int64, "clusters"),
    ("costs", np.float64, "costs"),
)
_ALWAYS = frozenset({"indices", "scores", "priorities"})


class Gathering:
    """Puts the events of a stream together."""

    def __init__(self) -> None:
        self._pieces: list[selection_service_pb2.Selected] = []
        self._scores: list[npt.NDArray[np.float64]] = []

    def take(self, event: selection_service_pb2.SelectStreamResponse) -> selection_service_pb2.SelectResponse | None:
        """Take an event that is no progress, and return the response if it is the last."""
        kind = event.WhichOneof("event")
        if kind == "scores":
            self._scores.append(codec.decode(event.scores.scores))
        elif kind == "selected":
            self._pieces.append(event.selected)
        return event.result if kind == "result" else None

    def batch(self, response: selection_service_pb2.SelectResponse, ids: Sequence[Any] | None) -> results.Batch:
        """Return the result."""
        return batch(response, ids, self._pieces, np.concatenate(self._scores) if self._scores else None)


def batch(
    response: selection_service_pb2.SelectResponse,
    ids: Sequence[Any] | None,
    pieces: Iterable[selection_service_pb2.Selected] = (),
    all_scores: npt.NDArray[np.float64] | None = None,
) -> results.Batch:
    """Return a response, and the pieces that came before it, as a result."""
    parts = [*pieces, response.selected]
    present = {}
    for name, dtype, target in _COLUMNS:
        sent = [getattr(part, name) for part in parts]
        if target in _ALWAYS or any(sent):
            present[target] = _joined(sent, dtype)
    components = {
        component.name: _joined([part.components[position].values for part in parts], np.float64)
        for position, component in enumerate(response.selected.components)
    }
    return results.Batch(
        **present,
        ids=None if ids is None else [ids[index] for index in present["indices"].tolist()],
        components=components,
        plan=Plan.from_message(response.plan),
        strategy=response.strategy,
        seed=response.seed,
        selection_id=response.selection_id,
        statistics=_statistics(response.statistics),
        guarded=_guarded(response.guarded),
        spending=_spending(response.spending) if response.HasField("spending") else None,
        guarantee=response.guarantee if response.HasField("guarantee") else None,
        calibration=_calibration(response.calibration) if response.HasField("calibration") else None,
        pre_annotations=_pre_annotations(response, parts) if response.HasField("pre_annotation") else None,
        score_source=_enum(selection_service_pb2.ScoreSource, response.score_source, "SCORE_SOURCE_"),
        auto_choice=_auto_choice(response.auto_choice) if response.HasField("auto_choice") else None,
        timings={_enum(selection_service_pb2.Stage, timing.stage, "STAGE_"): timing.seconds for timing in response.timings},
        warnings=tuple(
            results.SelectionWarning(_enum(selection_service_pb2.WarningCode, warning.code, "WARNING_CODE_"), warning.message)
            for warning in response.warnings
        ),
        server_version=response.server_version,
        class_labels=tuple(response.class_labels),
        all_scores=None if all_scores is None else _frozen(all_scores),
        stop=advice_of(response.stop),
        campaign_state=response.campaign_state.SerializeToString() if response.HasField("campaign_state") else None,
    )


def advice(response: selection_service_pb2.AdviseStopResponse) -> StopAdvice:
    """Return advice without a selection."""
    return advice_of(response.stop, response.state.SerializeToString())


def _calibration(message: selection_service_pb2.CalibrationReport) -> results.Calibration:
    before, after = (
        results.CalibrationQuality(quality.log_loss, quality.brier_score, quality.calibration_error)
        for quality in (message.before, message.after)
    )
    return results.Calibration(message.temperature, message.rows, before, after)


def _pre_annotations(response: selection_service_pb2.SelectResponse, parts: Sequence[Any]) -> results.PreAnnotations:
    report, rows = response.pre_annotation, sum(len(part.indices) for part in parts)
    sizes = _joined([part.set_sizes for part in parts], np.int32)
    members = _joined([part.set_labels for part in parts], np.int32)
    ends = np.cumsum(np.maximum(sizes, 0))
    sets = [None if size < 0 else members[end - size : end] for size, end in zip(sizes.tolist(), ends.tolist(), strict=True)]
    lows, highs = (_present([getattr(part, name) for part in parts], np.float64) for name in ("interval_lows", "interval_highs"))
    return results.PreAnnotations(
        labels=_joined([part.top_labels for part in parts], np.int32).reshape(rows, report.top_labels),
        confidences=_joined([part.top_confidences for part in parts], np.float64).reshape(rows, report.top_labels),
        sets=sets or None,
        accepted=_present([part.accepted for part in parts], np.bool_),
        set_thresholds=_joined([report.set_thresholds], np.float64),
        coverage_guaranteed=report.coverage_guaranteed,
        accept_threshold=report.accept_threshold if report.HasField("accept_threshold") else None,
        accept_error_bound=report.accept_error_bound if report.HasField("accept_error_bound") else None,
        accept_rows=report.accept_rows,
        sure_counts=_present([part.sure_counts for part in parts], np.int32),
        values=_present([part.suggested_values for part in parts], np.float64),
        intervals=_frozen(np.stack((lows, highs), axis=1)) if lows is not None and highs is not None else None,
    )


def progress(message: selection_service_pb2.Progress, total: int | None) -> results.Progress:
    """Return a progress event."""
    stage = _enum(selection_service_pb2.Stage, message.stage, "STAGE_")
    return results.Progress(stage, message.rows_received, message.rows_scored, total, message.work_done, message.work_total)


def model(message: model_service_pb2.Model) -> catalogue.Model:
    """Return a model."""
    return catalogue.Model(
        digest=message.digest,
        size_bytes=message.size_bytes,
        created_at=message.created_at.ToDatetime(tzinfo=timezone.utc),
        inputs=tuple(map(_model_value, message.inputs)),
        outputs=tuple(map(_model_value, message.outputs)),
        class_labels=tuple(message.class_labels),
        producer=message.producer,
    )


def strategies(message: system_service_pb2.ListStrategiesResponse) -> catalogue.Strategies:
    """Return the catalogue."""
    return catalogue.Strategies(
        presets={preset.name: _preset(preset) for preset in message.presets},
        scores={part.name: _part_info(part) for part in message.scores},
        choices={part.name: _part_info(part) for part in message.choices},
        guards={part.name: _part_info(part) for part in message.guards},
        weights={part.name: _part_info(part) for part in message.weights},
        criteria={part.name: _part_info(part) for part in message.criteria},
    )


def server_info(message: system_service_pb2.GetServerInfoResponse) -> catalogue.ServerInfo:
    """Return what a server is."""
    limits = {field.name: getattr(message.limits, field.name) for field in message.limits.DESCRIPTOR.fields}
    time = message.time.ToDatetime(tzinfo=timezone.utc) if message.HasField("time") else None
    return catalogue.ServerInfo(message.version, message.api_version, limits, tuple(message.features), message.local_directory.path, time)


def _joined(columns: list[Any], dtype: Any) -> npt.NDArray[Any]:
    arrays = [np.fromiter(column, dtype, len(column)) for column in columns]
    return _frozen(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))


def _present(columns: list[Any], dtype: Any) -> npt.NDArray[Any] | None:
    """Return a column, or None if it is empty."""
    column = _joined(columns, dtype)
    return column if len(column) else None


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def _statistics(message: selection_service_pb2.PoolStatistics) -> results.PoolStatistics:
    simple = {
        field.name: getattr(message, field.name)
        for field in message.DESCRIPTOR.fields
        if field.name not in ("score_histogram", "prediction_source")
    }
    histogram = message.score_histogram
    return results.PoolStatistics(
        **simple,
        prediction_source=_enum(selection_service_pb2.PredictionSource, message.prediction_source, "PREDICTION_SOURCE_"),
        score_histogram=results.Histogram(histogram.low, histogram.width, _joined([histogram.counts], np.int64)),
    )


def _guarded(message: selection_service_pb2.Guarded) -> results.Guarded:
    reasons = tuple(map(_reason, message.reasons))
    tallies = {_reason(tally.reason): tally.count for tally in message.tallies}
    return results.Guarded(message.total, _joined([message.indices], np.int64), reasons, _joined([message.values], np.float64), tallies)


def _reason(number: int) -> str:
    return _enum(selection_service_pb2.GuardReason, number, "GUARD_REASON_")


def _spending(message: selection_service_pb2.Spending) -> results.Spending:
    return results.Spending(
        cost=message.cost,
        left=message.left if message.HasField("left") else None,
        affordable=message.affordable if message.HasField("affordable") else None,
        predicted=message.predicted,
        error=message.error if message.HasField("error") else None,
    )


def _auto_choice(message: selection_service_pb2.AutoChoice) -> results.AutoChoice:
    alternatives = {alternative.strategy: alternative.reason for alternative in message.alternatives}
    return results.AutoChoice(message.strategy, message.reason, alternatives)


def _model_value(message: model_service_pb2.ModelValue) -> catalogue.ModelValue:
    dtype = codec.type_name(message.dtype) if message.dtype else ""
    return catalogue.ModelValue(message.name, dtype, tuple(message.shape), message.class_map)


def _preset(message: system_service_pb2.Preset) -> catalogue.Preset:
    return catalogue.Preset(
        name=message.name,
        plan=Plan.from_message(message.plan),
        summary=message.summary,
        needs=_needs(message.needs),
        merge=_enum(system_service_pb2.MergeClass, message.merge, "MERGE_CLASS_"),
        deterministic=message.deterministic,
        reference=message.reference,
        memory=catalogue.Memory(
            _enum(system_service_pb2.KeptRows, message.memory.kept_rows, "KEPT_ROWS_"),
            message.memory.bytes_per_row,
            _needs(message.memory.kept_columns),
        ),
    )


def _part_info(message: system_service_pb2.Part) -> catalogue.PartInfo:
    return catalogue.PartInfo(
        name=message.name,
        summary=message.summary,
        formula=message.formula,
        needs=_needs(message.needs),
        merge=_enum(system_service_pb2.MergeClass, message.merge, "MERGE_CLASS_"),
        deterministic=message.deterministic,
        cost=message.cost,
        parameters=tuple(map(_parameter, message.parameters)),
        reference=message.reference,
    )


def _parameter(message: system_service_pb2.Parameter) -> catalogue.Parameter:
    low = message.minimum if message.HasField("minimum") else None
    high = message.maximum if message.HasField("maximum") else None
    return catalogue.Parameter(message.name, message.type, message.summary, message.default_value, low, high)


def _needs(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(_enum(system_service_pb2.Need, number, "NEED_") for number in numbers)


def _enum(kind: Any, number: int, prefix: str) -> str:
    """Return the name of a value; a newer server's value that is not known here comes as its number."""
    try:
        return str(kind.Name(number)).removeprefix(prefix)
    except ValueError:
        return str(number)
