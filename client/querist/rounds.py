"""What a campaign tells with each round: labels, costs, errors, what there is to gain, what was screened.

Dicts with the same keys do as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from querist._containers import to_array
from querist.errors import InvalidRequestError
from querist.inputs import bundle_of
from querist.plan import Part, fill_part
from querist.v1 import advice_pb2 as pb


@dataclass(frozen=True, kw_only=True)
class ErrorEstimate:
    """An estimate of the share of predictions that are wrong, and where it comes from.

    Attributes
    ----------
    source : {"hold_out", "lure", "proxy"}
        A labelled set that was drawn at random and is never learnt; actively chosen instances, weighted by how likely they were to be
        chosen; or the model's own probabilities, which a model that is too sure of itself gets wrong.
    error : float
        From 0 to 1. Not with `losses`; and for "proxy" in a selection the server finds it.
    standard_error : float
        How exact it is; or `instances`, the number that it was measured on.
    losses, draw_probabilities : array (M,)
        For "lure": of the instances in the order in which they were drawn, 1 where a model that had not learnt them was wrong, and how
        likely each draw was (`Batch.draw_probabilities`).
    pool_size : int
        For "lure": how many instances the first was drawn from.
    """

    source: str
    error: float | None = None
    standard_error: float | None = None
    instances: int | None = None
    losses: Any = None
    draw_probabilities: Any = None
    pool_size: int | None = None

    def to_message(self) -> pb.ErrorEstimate:
        """Return the estimate as a message."""
        allowed = [name.removeprefix("ERROR_SOURCE_").lower() for name in pb.ErrorSource.keys()[1:]]
        if self.source.lower() not in allowed:
            raise InvalidRequestError(f"error.source is {self.source!r}; allowed are {', '.join(allowed)}", field="error.source")
        message = pb.ErrorEstimate(error=self.error, standard_error=self.standard_error, instances=self.instances, pool_size=self.pool_size)
        message.MergeFrom(pb.ErrorEstimate(source=f"ERROR_SOURCE_{self.source.upper()}"))
        for name in ("losses", "draw_probabilities"):
            if getattr(self, name) is not None:
                getattr(message, name).extend(to_array(getattr(self, name), f"error.{name}").astype(np.float64).tolist())
        return message


@dataclass(frozen=True, kw_only=True)
class Economics:
    """What labels and errors cost, all in one unit. With it the verdict goes by money.

    Attributes
    ----------
    label_cost : float
        What a label costs; None for what labels cost so far on average.
    batch_cost : float
        What a batch costs beside its labels.
    error_cost : float
        What a wrong prediction costs.
    predictions : float
        How many predictions the model will make in its life.
    currency : str
        Put before amounts in sentences.
    """

    label_cost: float | None = None
    batch_cost: float | None = None
    error_cost: float | None = None
    predictions: float | None = None
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Screening:
    """Review work, where a share of all relevant instances is to be found. With it the verdict goes by recall.

    Attributes
    ----------
    target_recall : float
    relevant : sequence of bool
        Of each instance that was screened since the last round, in order.
    relevant_class : int
        The class that means relevant; 1.
    control_size, control_found : int
        Relevant instances that were drawn at random before the screening, and how many of them it has found since.
    elusion_size, elusion_relevant : int
        Instances drawn at random from those that are not screened now, and how many of them are relevant.
    """

    target_recall: float
    relevant: Sequence[bool] = ()
    relevant_class: int | None = None
    control_size: int | None = None
    control_found: int | None = None
    elusion_size: int | None = None
    elusion_relevant: int | None = None


@dataclass(frozen=True, kw_only=True)
class PastRound:
    """A round that was run elsewhere; the fields are those of `CampaignRound`."""

    labelled: int
    cost: float | None = None
    batch_labelled: int | None = None
    batch_correct: int | None = None
    error: ErrorEstimate | Mapping[str, Any] | None = None

    def to_message(self) -> pb.PastRound:
        """Return the round as a message."""
        return pb.PastRound(**self._known())

    def _known(self) -> dict[str, Any]:
        error: ErrorEstimate | None = bundle_of(ErrorEstimate, self.error, "error")
        numbers = {name: getattr(self, name) for name in ("labelled", "cost", "batch_labelled", "batch_correct")}
        return {**numbers, "error": None if error is None else error.to_message()}


@dataclass(frozen=True, kw_only=True)
class CampaignRound(PastRound):
    """What is known at the start of a round, after the labels of the last one were learnt.

    Attributes
    ----------
    labelled : int
        How many instances the model has learnt from.
    cost : float
        What all labels cost so far.
    batch_labelled, batch_correct : int
        How many instances of the last batch got a label, and how many of these had the label that the model predicted when it asked for
        them.
    error : ErrorEstimate or dict
        What is known of the model's error now.
    state : bytes
        What the last answer held (`Batch.campaign_state`, `StopAdvice.state`); None begins a campaign.
    campaign : str
        A name; a state of another campaign is refused.
    economics : Economics or dict
    screening : Screening or dict
    criteria : sequence of str or part
        Rules with parameters of their own, such as ``querist.parts.Budget(amount=500)``.
    aggressiveness : float
        How soon to stop, from 0 (late and sure) to 1 (soon); 0.5.
    unlabelled, next_batch : int
        How many instances could still be labelled, and how many the next batch has; a selection knows that by itself.
    history : sequence of PastRound or dict
        Rounds of which there is no state, the oldest first.
    """

    state: bytes | None = None
    campaign: str = ""
    economics: Economics | Mapping[str, Any] | None = None
    screening: Screening | Mapping[str, Any] | None = None
    criteria: Sequence[Part] = ()
    aggressiveness: float | None = None
    unlabelled: int | None = None
    next_batch: int | None = None
    history: Sequence[PastRound | Mapping[str, Any]] = ()

    def to_round_message(self) -> pb.CampaignRound:
        """Return the round as a message.

        Raises
        ------
        InvalidRequestError
            If the state is none, or something is neither a bundle nor a dict.
        """
        message = pb.CampaignRound(
            **self._known(),
            campaign=self.campaign,
            aggressiveness=self.aggressiveness,
            unlabelled=self.unlabelled,
            next_batch=self.next_batch,
        )
        if self.state is not None:
            try:
                message.state.ParseFromString(self.state)
            except Exception as error:  # each protobuf release raises its own kind
                raise InvalidRequestError("state is not what an answer held", field="campaign.state") from error
        economics: Economics | None = bundle_of(Economics, self.economics, "economics")
        if economics is not None:
            message.economics.CopyFrom(pb.Economics(**asdict(economics)))
        screening: Screening | None = bundle_of(Screening, self.screening, "screening")
        if screening is not None:
            given = {field.name: getattr(screening, field.name) for field in fields(screening) if field.name != "relevant"}
            message.screening.CopyFrom(pb.Screening(**given))
            message.screening.relevant.extend(bool(each) for each in screening.relevant)
        for index, part in enumerate(self.criteria):
            fill_part(message.criteria.add(), part, f"criteria[{index}]")
        for index, past in enumerate(self.history):
            bundle: PastRound | None = bundle_of(PastRound, past, f"history[{index}]")
            if bundle is not None:
                message.history.append(bundle.to_message())
        return message
