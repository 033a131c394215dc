"""A call's arguments to messages. Pure: no transport, shared by both clients.

`Request` knows the header and where the rows come from: arrays that are all there (`Arrays`), or batches that come one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import codec
from querist._containers import index_of, is_batches, to_array, to_ids
from querist._model_use import ModelUse
from querist._parts import LAYOUTS, committee_array, part_arrays
from querist._rows import COMMITTEE, PLAIN, ROW_FIELDS, Arrays, arrays_of, batch_arrays, model_inputs
from querist._side import SideArrays, side_of
from querist.errors import InvalidRequestError
from querist.inputs import CalibrationSet, PreAnnotation, bundle_of
from querist.plan import Plan
from querist.rounds import CampaignRound
from querist.v1 import selection_service_pb2 as pb
from querist.v1.advice_pb2 import CampaignRound as CampaignRoundMessage

Array = npt.NDArray[Any]

UNARY_BYTES = 2 * 2**20
"""Up to this size a request goes as one message; above, a stream is faster."""
ORIGINS = {"random": pb.CALIBRATION_ORIGIN_RANDOM, "chosen": pb.CALIBRATION_ORIGIN_CHOSEN}
_STREAMABLE = ("probabilities", "logits", "embeddings", "label_probabilities", *COMMITTEE)
"""Arguments that may be an iterable of batches."""


@dataclass(frozen=True)
class Selecting:
    """The arguments of `select`, as the clients document them."""

    probabilities: Any = None
    logits: Any = None
    committee: Any = None
    committee_logits: Any = None
    votes: Any = None
    committee_layout: str = "members_first"
    scores: Any = None
    embeddings: Any = None
    label_probabilities: Any = None
    predicted_values: Any = None
    predicted_variances: Any = None
    committee_values: Any = None
    parts: Any = None
    costs: Any = None
    cost_features: Any = None
    groups: Any = None
    unlabelable: Any = None
    thumbnails: Any = None
    evidence: Any = None
    look_ahead: Any = None
    labelled: Any = None
    wanted: Any = None
    unwanted: Any = None
    head: Any = None
    cost_history: Any = None
    target: Any = None
    calibration: Any = None
    pre_annotation: Any = None
    campaign: Any = None
    stop_set: Any = None
    screened: Any = None
    answers: Any = None
    model_inputs: Any = None
    models: Sequence[Any] = ()
    keys: Any = None
    ids: Any = None
    exclude: Any = None
    strategy: str | Plan | None = None
    count: int | None = None
    rank_all: bool = False
    seed: int | None = None
    budget: float | None = None
    random_share: float = 0.0
    audit_share: float = 0.0
    member_weights: Any = None
    cost_matrix: Any = None
    class_count: int | None = None
    return_components: bool = False
    return_scores: bool = False
    return_draw_probabilities: bool = False


def selecting(arguments: Mapping[str, Any]) -> Selecting:
    """Return the arguments of a `select` that is running, picked from its local names."""
    return Selecting(**{name: arguments[name] for name in Selecting.__dataclass_fields__})


@dataclass
class Request:
    """A selection that is ready to be sent.

    Attributes
    ----------
    header : SelectHeader
    arrays : Arrays or None
        The rows, if they are all there.
    batches : iterable or None
        Else where they come from.
    ids : list or None
        The caller's ids, filled while batches are sent.
    layout : str
        Of committee columns.
    side : SideArrays
        What is sent beside the rows.
    name : str
        The field that a batch is, unless it is a dict of fields.
    """

    header: pb.SelectHeader
    arrays: Arrays | None
    batches: Any
    ids: list[Any] | None
    layout: str
    side: SideArrays
    name: str = ""

    @property
    def streams(self) -> bool:
        """Whether the request goes as a stream."""
        return self.arrays is None or self.header.return_scores or self.arrays.bytes + self.side.bytes > UNARY_BYTES

    @property
    def repeatable(self) -> bool:
        """Whether the rows can be sent a second time."""
        return self.arrays is not None or (not hasattr(self.batches, "__next__") and not hasattr(self.batches, "__anext__"))

    @property
    def rows_total(self) -> int | None:
        """Rows of the pool, if known."""
        return None if self.arrays is None else self.arrays.rows

    def unary(self) -> pb.SelectRequest:
        """Return the request as one message."""
        if self.arrays is None:
            raise AssertionError("batches are always streamed")
        message = pb.SelectRequest(header=self.header)
        if self.side.columns:
            message.side.CopyFrom(self.side.message())
        self.arrays.fill(message.pool, 0, self.arrays.rows)
        return message

    def opening(self) -> Iterator[pb.SelectStreamRequest]:
        """Give the messages of a stream that come before the rows."""
        yield pb.SelectStreamRequest(header=self.header)
        for piece in self.side.pieces():
            yield pb.SelectStreamRequest(side=piece)

    def rows_of(self, batch: Any, first_row: int) -> Arrays:
        """Return the rows of the next batch."""
        arrays, ids = batch_arrays(batch if isinstance(batch, Mapping) else {self.name: batch}, self.layout)
        if not first_row:
            self.ids = None if ids is None else list(ids)
        elif (ids is None) != (self.ids is None):
            raise InvalidRequestError("some batches come with ids and some without", field="ids")
        elif ids is not None and self.ids is not None:
            self.ids.extend(ids)
        return arrays


def request_of(call: Selecting) -> Request:
    """Turn arguments into a request.

    Raises
    ------
    InvalidRequestError
        If an argument is no array, or arguments contradict each other.
    """
    if call.committee_layout not in LAYOUTS:
        raise InvalidRequestError(
            f"committee_layout is {call.committee_layout!r}; allowed are {', '.join(LAYOUTS)}", field="committee_layout"
        )
    if call.strategy is None:
        raise InvalidRequestError("strategy is missing: the name of a preset, or a querist.Plan", field="strategy")
    if (call.count is None and not call.rank_all and call.budget is None) or (call.rank_all and call.count is not None):
        raise InvalidRequestError("say either count= or rank_all=True, or give a budget=", field="count")
    calibration = bundle_of(CalibrationSet, call.calibration, "calibration")
    header = _header(call, calibration)
    side = side_of(
        labelled=call.labelled,
        wanted=call.wanted,
        unwanted=call.unwanted,
        head=call.head,
        cost_history=call.cost_history,
        target=call.target,
        calibration=calibration,
        stop_set=call.stop_set,
        screened=call.screened,
        answers=call.answers,
    )
    streamed = [name for name in _STREAMABLE if is_batches(getattr(call, name))]
    if streamed:
        return _batched(call, header, side, streamed[0])
    columns = _columns(call, call.committee_layout)
    excluded = _exclude(call.exclude, header)
    if excluded is not None:
        columns["excluded"] = excluded
    arrays = arrays_of(columns, call.committee_layout, part_arrays(call.parts, call.committee_layout))
    ids = _ids(call, arrays.rows)
    return Request(header, arrays, None, ids, call.committee_layout, side)


def _header(call: Selecting, calibration: CalibrationSet | None) -> pb.SelectHeader:
    header = pb.SelectHeader(
        count=call.count,
        random_share=call.random_share,
        audit_share=call.audit_share,
        budget=call.budget,
        class_count=call.class_count,
        return_components=call.return_components,
        return_scores=call.return_scores,
        return_draw_probabilities=call.return_draw_probabilities,
        models=[(use if isinstance(use, ModelUse) else ModelUse(use)).to_message() for use in call.models],
    )
    if call.rank_all:
        header.rank_all = True
    if isinstance(call.strategy, Plan):
        header.plan.CopyFrom(call.strategy.to_message())
    else:
        header.strategy = str(call.strategy)
    if calibration is not None:
        if calibration.origin not in ORIGINS:
            message = f"calibration.origin is {calibration.origin!r}; allowed are {', '.join(ORIGINS)}"
            raise InvalidRequestError(message, field="calibration.origin")
        header.calibration_origin = ORIGINS[calibration.origin]
    asked = bundle_of(PreAnnotation, call.pre_annotation, "pre_annotation")
    if asked is not None:
        header.pre_annotation.CopyFrom(_pre_annotation(asked))
    if call.campaign is not None:
        header.campaign.CopyFrom(round_of(call.campaign))
    if call.seed is not None:
        if not 0 <= call.seed < 2**64:
            raise InvalidRequestError(f"seed is {call.seed}; allowed is 0 to 2^64 - 1", field="seed")
        header.seed = call.seed
    if call.member_weights is not None:
        header.member_weights.extend(to_array(call.member_weights, "member_weights").tolist())
    if call.cost_matrix is not None:
        cost = to_array(call.cost_matrix, "cost_matrix")
        header.cost_matrix.CopyFrom(codec.encode(cost.astype(np.float64) if cost.dtype.kind in "iub" else cost))
    return header


def advice_request(campaign: Any, labelled: Any, stop_set: Any, screened: Any) -> pb.AdviseStopRequest:
    """Return a request for advice without a selection.

    Raises
    ------
    InvalidRequestError
        If an argument is no array, or no round.
    """
    request = pb.AdviseStopRequest(campaign=round_of(campaign))
    side = side_of(labelled, stop_set=stop_set, screened=screened)
    if side.columns:
        request.side.CopyFrom(side.message())
    return request


def round_of(value: Any) -> CampaignRoundMessage:
    """Return a round that was given as one or as a dict."""
    found: CampaignRound | None = bundle_of(CampaignRound, value, "campaign")
    if found is None:
        raise InvalidRequestError("campaign is missing: a querist.CampaignRound, or a dict of its fields", field="campaign")
    return found.to_round_message()


def _pre_annotation(asked: PreAnnotation) -> pb.PreAnnotation:
    given = {name: value for name, value in asdict(asked).items() if value is not None}
    score = given.pop("conformal_score", None)
    message = pb.PreAnnotation(**given)
    if score is not None:
        allowed = [name.removeprefix("CONFORMAL_SCORE_").lower() for name in pb.ConformalScore.keys()[1:]]
        if score.lower() not in allowed:
            raise InvalidRequestError(
                f"conformal_score is {score!r}; allowed are {', '.join(allowed)}", field="pre_annotation.conformal_score"
            )
        message.MergeFrom(pb.PreAnnotation(conformal_score=f"CONFORMAL_SCORE_{score.upper()}"))
    return message


def _batched(call: Selecting, header: pb.SelectHeader, side: SideArrays, name: str) -> Request:
    for other in sorted(ROW_FIELDS - {"excluded"}):
        if other != name and getattr(call, other) is not None:
            message = f"{other} was given beside batches of {name}; let each batch be a dict that holds both"
            raise InvalidRequestError(message, field=other)
    excluded = _exclude(call.exclude, header)
    if excluded is not None:
        raise InvalidRequestError(
            "exclude is a mask, but the rows come in batches; give row indices, or excluded in each batch", field="exclude"
        )
    return Request(header, None, getattr(call, name), None, call.committee_layout, side, name)


def _columns(call: Selecting, layout: str) -> dict[str, Array]:
    columns = {}
    for name in PLAIN:
        if getattr(call, name) is not None:
            columns[name] = to_array(getattr(call, name), name)
    if call.committee is not None and call.committee_logits is not None:
        raise InvalidRequestError("give committee or committee_logits, not both", field="committee_logits")
    for name in COMMITTEE:
        value = getattr(call, name)
        if value is not None:
            columns[name] = committee_array(value, name, layout)
    columns |= model_inputs(call.model_inputs)
    return columns


def _exclude(value: Any, header: pb.SelectHeader) -> Array | None:
    """Put row indices into the header, or return a mask."""
    if value is None:
        return None
    array = to_array(value, "exclude")
    if array.dtype == bool:
        return array
    if array.size and array.dtype.kind not in "iu":
        raise InvalidRequestError(f"exclude is an array of {array.dtype}; it must be a boolean mask or row indices", field="exclude")
    header.exclude_indices.extend(array.astype(np.int64).reshape(-1).tolist())
    return None


def _ids(call: Selecting, rows: int) -> list[Any] | None:
    if call.ids is not None:
        ids: list[Any] | None = to_ids(call.ids)
    else:
        indexed = (call.probabilities, call.logits, call.scores, call.embeddings, call.votes)
        ids = next((found for value in indexed if (found := index_of(value)) is not None), None)
    if ids is not None and len(ids) != rows:
        raise InvalidRequestError(f"there are {len(ids)} ids for {rows} rows; there must be one each", field="ids")
    return ids
