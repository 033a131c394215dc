"""The first stage: columns as they came become a block of honest numbers, or an error that names the column and the first row at fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.calibrations.temperature import Temperature
from querist_server.engine.errors import EngineError
from querist_server.engine.grid import Cut
from querist_server.engine.kernels import committee, simplex
from querist_server.engine.pool import Block, Context, Parts
from querist_server.engine.ragged import Ragged

Array = npt.NDArray[Any]

SUM_TOLERANCE = 1e-3
"""How far a row of FLOAT32 or FLOAT64 probabilities may be from summing to 1."""
LONGEST_SQUARED = 1e100
"""Largest squared length of an embedding: its third power is still a float64."""
SUM_TOLERANCE_16_BIT = 1e-2
"""The same for FLOAT16 and BFLOAT16, whose elements carry 8 to 11 bits."""


@np.errstate(invalid="ignore", over="ignore")  # what numpy would warn of is what is looked for here
def block_of(cut: Cut, context: Context) -> Block:
    """Check and widen consecutive rows.

    Parameters
    ----------
    cut : Cut
        Columns as they were sent, of equal length, with the dimensions that the contract allows.
    context : Context
        What is the same for all rows.

    Raises
    ------
    EngineError
        If a value is not what its column may hold.
    """
    columns, first = cut.columns, cut.first_row
    length = len(next(iter(columns.values())))
    return Block(
        first_row=first,
        length=length,
        context=context,
        sent_probabilities=_predictions(columns, first, context.calibration),
        uncalibrated=_predictions(columns, first, None) if context.calibration is not None and context.keeps_uncalibrated else None,
        members=_members(columns, first),
        votes=_votes(columns, first, context.classes),
        logits=_logits(columns),
        label_probabilities=_between(columns, "label_probabilities", first),
        predicted_values=_column(columns, "predicted_values", first),
        predicted_variances=_variances(columns, first),
        member_values=_member_values(columns, first),
        parts=_parts(columns, first, context),
        caller_scores=_column(columns, "scores", first),
        embeddings=points(columns["embeddings"], "embeddings", first) if "embeddings" in columns else None,
        keys=columns.get("keys"),
        excluded=marks(columns["excluded"], "excluded", first) if "excluded" in columns else None,
        costs=_costs(columns, first, context),
        groups=columns.get("groups"),
        unlabelable=_between(columns, "unlabelable", first),
        thumbnails=columns.get("thumbnails"),
        evidence=_evidence(columns, first),
        look_ahead=_look_ahead(columns, first),
    )


def _predictions(columns: dict[str, Any], first: int, calibration: Temperature | None) -> Array | None:
    if "probabilities" in columns:
        probabilities = probability_rows(columns["probabilities"], "probabilities", first)
        return probabilities if calibration is None else calibration.of_probabilities(probabilities)
    if "logits" in columns:
        logits = logit_rows(columns["logits"], "logits", first)
        return simplex.softmax(simplex.by_class(logits)) if calibration is None else calibration.of_logits(logits)
    return None


def _members(columns: dict[str, Any], first: int) -> Array | None:
    if "committee.probabilities" in columns:
        sent = np.moveaxis(columns["committee.probabilities"], 1, 0)
        return probability_rows(sent, "committee.probabilities", first)
    if "committee.logits" in columns:
        logits = widened(np.moveaxis(columns["committee.logits"], 1, 0))
        _refuse_non_finite(np.moveaxis(logits, 0, 1), "committee.logits", first)
        return simplex.softmax(simplex.by_class(_two_logits(logits) if logits.shape[-1] == 1 else logits))
    return None


def _votes(columns: dict[str, Any], first: int, classes: int) -> Array | None:
    if "committee.votes" not in columns:
        return None
    votes = np.ascontiguousarray(columns["committee.votes"].T)
    wrong = ((votes < committee.ABSTAINED) | (votes >= classes)).any(axis=0)
    if wrong.any():
        row = int(wrong.argmax())
        culprit = next(vote for vote in votes[:, row] if vote < committee.ABSTAINED or vote >= classes)
        message = f"a vote is {culprit}; allowed are the classes 0 to {classes - 1}, and -1 for an abstention"
        raise EngineError("VOTE_OUT_OF_RANGE", message, field="committee.votes", row=first + row)
    return votes.astype(np.int64, copy=False)  # not before the check: what UINT64 holds above 2^63 would turn into an abstention


def _logits(columns: dict[str, Any]) -> Array | None:
    """Return logits as two or more columns; they were checked for the probabilities."""
    return _two_logits(widened(columns["logits"])) if "logits" in columns else None


def _column(columns: dict[str, Any], name: str, first: int) -> Array | None:
    return finite(columns[name], name, first) if name in columns else None


def _between(columns: dict[str, Any], name: str, first: int) -> Array | None:
    """Check probabilities that stand by themselves."""
    values = _column(columns, name, first)
    if values is not None:
        _refuse_where(~((values >= 0) & (values <= 1)), values, "a probability is {:g}; allowed is 0 to 1", name, first)
    return values


def _variances(columns: dict[str, Any], first: int) -> Array | None:
    values = _column(columns, "predicted_variances", first)
    if values is not None:
        _refuse_where(values < 0, values, "a variance is {:g}; allowed is 0 or more", "predicted_variances", first)
    return values


def _evidence(columns: dict[str, Any], first: int) -> Array | None:
    values = _column(columns, "evidence", first)
    if values is not None:
        _refuse_where(values < 0, values, "a value is {:g}; allowed is 0 or more", "evidence", first)
    return values


def _look_ahead(columns: dict[str, Any], first: int) -> Array | None:
    return probability_rows(np.moveaxis(columns["look_ahead"], 0, 2), "look_ahead", first) if "look_ahead" in columns else None


def _member_values(columns: dict[str, Any], first: int) -> Array | None:
    values = _column(columns, "committee.values", first)
    return None if values is None else np.ascontiguousarray(values.T)


def _costs(columns: dict[str, Any], first: int, context: Context) -> npt.NDArray[np.float64] | None:
    costs = _column(columns, "costs", first)
    if costs is not None:
        _refuse_where(costs <= 0, costs, "a cost is {:g}; allowed is above 0", "costs", first)
        return costs.astype(np.float64)
    features = _column(columns, "cost_features", first)
    if features is None or context.cost_model is None:
        return None
    predicted = context.cost_model.predict(features.astype(np.float64))
    _refuse_where(~(np.isfinite(predicted) & (predicted > 0)), predicted, "the predicted cost is {:g}", "cost_features", first)
    return predicted


def _parts(columns: dict[str, Any], first: int, context: Context) -> Parts | None:
    """Check the parts of the rows as rows of their own."""
    ragged: Ragged | None = columns.get("parts")
    if ragged is None:
        return None
    counts = ragged.counts.astype(np.int64)
    try:
        return Parts(counts, block_of(Cut(0, ragged.columns), context))
    except EngineError as error:
        error.field = f"parts.{error.field}"
        if error.row is not None:
            error.row = first + int(np.searchsorted(np.cumsum(counts), error.row, side="right"))
        raise


def _refuse_where(wrong: npt.NDArray[np.bool_], values: Array, message: str, name: str, first: int) -> None:
    if not wrong.any():
        return
    row = int(wrong.reshape(len(wrong), -1).any(axis=1).argmax())
    culprit = values[row].reshape(-1)[wrong[row].reshape(-1)][0]
    raise EngineError("VALUE_OUT_OF_RANGE", message.format(float(culprit)), field=name, row=first + row)


def finite(sent: Array, name: str, first: int) -> Array:
    """Return values widened to float32 or float64, if all are finite."""
    values = widened(sent)
    _refuse_non_finite(values, name, first)
    return values


def marks(sent: Array, name: str, first: int) -> npt.NDArray[np.bool_]:
    """Return marks as bool, if all are 0 or 1."""
    if sent.dtype == bool:
        return sent
    wrong = (sent != 0) & (sent != 1)
    if wrong.any():
        row = int(wrong.reshape(len(wrong), -1).any(axis=1).argmax())
        culprit = sent[row].reshape(-1)[wrong[row].reshape(-1)][0]
        raise EngineError("VALUE_OUT_OF_RANGE", f"a mark is {culprit}; allowed are 0 and 1", field=name, row=first + row)
    return sent.astype(bool)


def points(sent: Array, name: str, first: int) -> Array:
    """Return embeddings (n, D) widened to float32 or float64, if all are finite and not so long that what is made of them overflows."""
    values = finite(sent, name, first)
    longest = min(float(np.finfo(values.dtype).max) / 4, LONGEST_SQUARED)
    long = np.einsum("ij,ij->i", values, values) > longest
    if long.any():
        row = int(long.argmax())
        message = f"an embedding is longer than {np.sqrt(longest):.2g}, beyond which distances overflow {values.dtype}; rescale it"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=name, row=first + row)
    return values


def widened(array: Array) -> Array:
    """Return 16-bit floats as float32, and everything else as it is."""
    if array.dtype.names == ("bfloat16",):
        return (array["bfloat16"].astype("<u4") << 16).view("<f4")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def logit_rows(sent: Array, name: str, first: int) -> Array:
    """Check [n], [n, 1] or [n, C] and return [n, C] with C of at least 2, widened."""
    logits = widened(sent)
    _refuse_non_finite(logits, name, first)
    return _two_logits(logits)


def _two_logits(logits: Array) -> Array:
    """Turn the log-odds of a positive class, [..., n] or [..., n, 1], into two columns; leave more columns as they are."""
    if logits.ndim == 1:
        logits = logits[:, None]
    if logits.shape[-1] > 1:
        return logits
    return np.concatenate((np.zeros_like(logits), logits), axis=-1)


def probability_rows(sent: Array, name: str, first: int) -> Array:
    """Check [n], [..., n, 1] or [..., n, C] and return [..., n, C] with C of at least 2, widened."""
    tolerance = SUM_TOLERANCE if sent.dtype.itemsize > 2 else SUM_TOLERANCE_16_BIT
    values = widened(sent)
    if values.ndim == 1:
        values = values[:, None]
    if values.shape[-1] == 1:
        _check_positive(values[..., 0], name, first)
        return simplex.by_class(simplex.expand_positive(values[..., 0]))
    values = simplex.by_class(values)
    if not simplex.rows_are_probabilities(values, tolerance):
        _explain(values, tolerance, name, first)
    return values


def _check_positive(positive: Array, name: str, first: int) -> None:
    if positive.min(initial=0.0) >= 0.0 and positive.max(initial=0.0) <= 1.0:
        return
    by_row = positive.reshape(-1, positive.shape[-1])
    _refuse_non_finite(np.moveaxis(by_row, 0, 1), name, first)
    outside = (by_row < 0) | (by_row > 1)
    if outside.any(axis=0).mean() > 0.5:
        _refuse_logits(by_row, outside, name, first)
    row = int(outside.any(axis=0).argmax())
    value = float(by_row[:, row][outside[:, row]][0])
    reason = "PROBABILITY_NEGATIVE" if value < 0 else "PROBABILITY_ABOVE_ONE"
    raise EngineError(reason, f"a probability is {value:g}; allowed is 0 to 1", field=name, row=first + row)


def _explain(values: Array, tolerance: float, name: str, first: int) -> None:
    """Raise the error that fits rows [..., n, C] of which at least one is not a distribution."""
    by_row: Array = values.reshape(-1, *values.shape[-2:])
    _refuse_non_finite(np.moveaxis(by_row, 0, 1), name, first)
    sums = by_row.sum(axis=-1)
    off: Array = np.abs(sums - 1) > tolerance
    outside = ((by_row < 0) | (by_row > 1 + tolerance)).any(axis=-1)
    if (off & outside).any(axis=0).mean() > 0.5:
        _refuse_logits(by_row, off & outside, name, first)
    negative: Array = np.any(by_row < 0, axis=-1)
    row = int((off | negative).any(axis=0).argmax())
    if negative[:, row].any():
        value = float(by_row[:, row].min())
        raise EngineError("PROBABILITY_NEGATIVE", f"a probability is {value:g}; allowed is 0 or more", field=name, row=first + row)
    worst = float(sums[:, row][off[:, row]][0])
    message = f"a row sums to {worst:g}; allowed is 1 within {tolerance:g}"
    raise EngineError("ROW_NOT_NORMALIZED", message, field=name, row=first + row)


def _refuse_logits(by_row: Array, wrong: Array, name: str, first: int) -> None:
    row = int(wrong.any(axis=0).argmax())
    low, high = float(by_row.min()), float(by_row.max())
    instead = name.replace("probabilities", "logits")
    message = f"values from {low:g} to {high:g} that do not sum to 1 look like logits, not probabilities; send them as {instead}"
    raise EngineError("PROBABILITIES_LOOK_LIKE_LOGITS", message, field=name, row=first + row)


def _refuse_non_finite(values: Array, name: str, first: int) -> None:
    """Refuse NaN and infinity in values whose first dimension is the rows."""
    if np.isfinite(values.sum()):  # a sum of finite floats may overflow, so this only ever spares the closer look
        return
    fine = np.isfinite(values)
    if fine.all():
        return
    wrong_rows = ~fine.reshape(len(values), -1).all(axis=1)
    row = int(wrong_rows.argmax())
    culprit = values[row].reshape(-1)[~fine[row].reshape(-1)][0]
    raise EngineError("VALUE_NOT_FINITE", f"a value is {culprit}; every value must be finite", field=name, row=first + row)
