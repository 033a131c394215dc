"""A labelling campaign: the loop of rounds, kept in a file, so that a crash loses nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from querist import _campaign_file, plots, report
from querist._containers import index_of, to_array, to_ids
from querist.advice import StopAdvice, advice_from_dict
from querist.crowd import Assessment
from querist.errors import CampaignError
from querist.inputs import bundle_of
from querist.plan import Part
from querist.rounds import CampaignRound, Economics, ErrorEstimate

if TYPE_CHECKING:
    from querist._client import Client
    from querist.results import Batch

Id = str | int


@dataclass(frozen=True)
class Pending:
    """A batch that was asked for and is not recorded yet.

    Attributes
    ----------
    round : int
    ids : list
    predicted_labels : list of int or None
        The classes that the model predicted.
    verdict, sentence : str
        Of the advice that came with the batch.
    """

    round: int
    ids: list[Id]
    predicted_labels: list[int] | None
    verdict: str
    sentence: str


@dataclass(frozen=True)
class RecordedRound:
    """A round as it went: what was known when it was asked for, and what came of it.

    Attributes
    ----------
    round : int
        Counted from 1.
    labelled : int
        How many instances the model had learnt from.
    cost : float or None
        What all labels had cost by then.
    error, standard_error : float or None
        The model's error by then.
    verdict, sentence : str
    ids : list
        The batch.
    labels : list
        Its labels; None where there is none.
    """

    round: int
    labelled: int
    cost: float | None
    error: float | None
    standard_error: float | None
    verdict: str
    sentence: str
    ids: list[Id]
    labels: list[Any]


class Campaign:
    """Rounds of asking and labelling, kept in a file.

    Each round is `select`, then `record`. Both write the file before they return: if the process dies, open the file again, look at
    `pending`, and go on.

    Parameters
    ----------
    path : str or Path
        The campaign's file; it is made if it is not there.
    name : str, optional
        Default: the file's name without its ending.
    labelled : int
        How many labels the model had learnt from before the campaign. Only for a new file.
    economics : Economics or dict, optional
        What labels and errors cost; may change from one opening to the next.
    budget : float, optional
        What all labels may cost together.
    most_labels : int, optional
        How many instances may be labelled, those before the campaign included.
    aggressiveness : float, optional
        How soon to stop, from 0 to 1.
    criteria : sequence of str or part
        Rules with parameters of their own.
    classes : sequence, optional
        The labels in the order of the model's classes, if labels are recorded as something else than class numbers.

    Raises
    ------
    CampaignFileError
        If there is a file that cannot be gone on with.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        labelled: int = 0,
        economics: Economics | Mapping[str, Any] | None = None,
        budget: float | None = None,
        most_labels: int | None = None,
        aggressiveness: float | None = None,
        criteria: Sequence[Part] = (),
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.path = Path(path)
        self.economics: Economics | None = bundle_of(Economics, economics, "economics")
        self._aggressiveness, self._classes = aggressiveness, None if classes is None else list(classes)
        self._criteria = list(criteria)
        if budget is not None or most_labels is not None:
            from querist.v1 import parts  # here, because it takes a tenth of a second

            self._criteria.append(parts.Budget(amount=budget, labels=most_labels))
        content = _campaign_file.load(self.path)
        self._revision = 0 if content is None else int(content["revision"])
        self._content: dict[str, Any] = content or {
            "revision": 0,
            "name": name or self.path.stem,
            "before": labelled,
            "state": None,
            "rounds": [],
            "pending": None,
            "advice": None,
        }
        if name is not None and self.name != name:
            raise CampaignError(f"{self.path} holds the campaign {self.name!r}, not {name!r}")

    def __repr__(self) -> str:
        return f"<Campaign {self.name}: {len(self._content['rounds'])} rounds, {self.labelled} labels>"

    @property
    def name(self) -> str:
        """The campaign's name."""
        return str(self._content["name"])

    @property
    def pending(self) -> Pending | None:
        """The batch that was asked for and is not recorded yet."""
        found = self._content["pending"]
        if found is None:
            return None
        return Pending(found["round"], found["ids"], found["predicted_labels"], found["verdict"], found["sentence"])

    @property
    def rounds(self) -> list[RecordedRound]:
        """All recorded rounds, the oldest first."""
        names = RecordedRound.__dataclass_fields__
        return [RecordedRound(**{name: each[name] for name in names}) for each in self._content["rounds"]]

    @property
    def labels(self) -> dict[Id, Any]:
        """The labels of all instances that were recorded with one, by id."""
        rounds = self._content["rounds"]
        return {name: label for each in rounds for name, label in zip(each["ids"], each["labels"], strict=True) if label is not None}

    @property
    def asked(self) -> list[Id]:
        """The ids of all instances that were ever recorded, with a label or without."""
        return [name for each in self._content["rounds"] for name in each["ids"]]

    @property
    def labelled(self) -> int:
        """How many labels there are, those before the campaign included."""
        return int(self._content["before"]) + len(self.labels)

    @property
    def cost(self) -> float | None:
        """What all labels cost so far; None if that is not known."""
        costs = [each["batch_cost"] for each in self._content["rounds"]]
        return None if any(cost is None for cost in costs) else float(sum(costs))

    @property
    def advice(self) -> StopAdvice | None:
        """The latest advice, without its state."""
        found = self._content["advice"]
        return None if found is None else advice_from_dict(found)

    def select(
        self,
        client: Client,
        probabilities: Any = None,
        *,
        ids: Any = None,
        error: ErrorEstimate | Mapping[str, Any] | float | None = None,
        instances: int | None = None,
        exclude: Any = None,
        **arguments: Any,
    ) -> Batch:
        """Ask for the next batch, and write it into the file as pending.

        Whatever was recorded is left out of the pool, and instances are followed by their ids.

        Parameters
        ----------
        client : Client
        probabilities : array (N, C)
            As for `Client.select`, which takes the other arguments too; arrays, not batches.
        ids : sequence of N str or int, optional
            The same instance has the same id in all rounds. Default: the index, if a pandas object was given, else the row number.
        error : ErrorEstimate, dict or float, optional
            What is known of the model's error now; a number is the share of errors on a hold-out set of `instances`.
        exclude : mask (N,), or row indices
            What must not be chosen, beside what was recorded.

        Raises
        ------
        CampaignError
            If a batch is pending.
        InvalidRequestError
        QueristError
        """
        if self.pending is not None:
            raise CampaignError(f"the batch of round {self.pending.round} is pending: record it, or drop it with withdraw()")
        rows, names = _named(probabilities, ids, arguments)
        spoken = arguments.pop("keys", None)
        asked = set(self.asked)
        left_out = np.fromiter((name in asked for name in names), bool, rows)
        if exclude is not None:
            array = to_array(exclude, "exclude")
            left_out |= array if array.dtype == bool else np.isin(np.arange(rows), array)
        batch = client.select(
            probabilities,
            ids=names,
            keys=keys_of(names) if spoken is None else spoken,
            exclude=left_out,
            campaign=self.round(error, instances),
            **arguments,
        )
        predicted = None if batch.predicted_labels is None else batch.predicted_labels.tolist()
        pending = {
            "round": len(self._content["rounds"]) + 1,
            "ids": list(batch.ids or []),
            "predicted_labels": predicted,
            "verdict": batch.stop.verdict,
            "sentence": batch.stop.sentence,
            "labelled": self.labelled,
            "cost": self.cost,
            **_told(error, instances),
        }
        state = batch.campaign_state
        self._write(pending=pending, state=None if state is None else base64.b64encode(state).decode(), advice=asdict(batch.stop))
        return batch

    def record(self, labels: Mapping[Any, Any] | Sequence[Any], *, cost: float | None = None) -> None:
        """Write the labels of the pending batch into the file.

        Parameters
        ----------
        labels : mapping of id to label, or sequence in the order of the batch
            None for an instance that got no label. A mapping may leave such instances away.
        cost : float, optional
            What the batch cost. Default: by `economics`, if it says what a label costs.

        Raises
        ------
        CampaignError
            If no batch is pending, or labels do not fit it.
        """
        pending = self._content["pending"]
        if pending is None:
            raise CampaignError("no batch is pending: it is recorded already, or none was asked for")
        given = _aligned(labels, pending["ids"])
        done = {**pending, "labels": given, "batch_cost": self._batch_cost(given) if cost is None else float(cost)}
        done["batch_labelled"], done["batch_correct"] = self._checked(given, pending["predicted_labels"])
        self._write(pending=None, rounds=[*self._content["rounds"], done])

    def withdraw(self) -> None:
        """Drop the pending batch: nobody will label it."""
        if self._content["pending"] is not None:
            self._write(pending=None)

    def advise(
        self,
        client: Client,
        *,
        error: ErrorEstimate | Mapping[str, Any] | float | None = None,
        instances: int | None = None,
        unlabelled: int | None = None,
        stop_set: Any = None,
    ) -> StopAdvice:
        """Ask whether to go on, without asking for a batch. The file keeps the advice; a selection that follows is the same round."""
        asked = replace(self.round(error, instances), unlabelled=unlabelled)
        advice = client.advise_stop(asked, stop_set=stop_set)
        self._write(advice={**asdict(advice), "state": None})
        return advice

    def plot(self, path: str | Path) -> None:
        """Draw the learning curve, what it costs, and where to stop; the ending of the path says how: .png, .svg or .pdf.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'querist[plot]'``.
        """
        plots.save(plots.learning_curve(self._points(), self.advice, currency=self._currency, title=self.name), path)

    def report(self, path: str | Path, *, annotators: Assessment | None = None) -> None:
        """Write the campaign on one HTML page that needs nothing else, with what is known of its annotators if that is given.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'querist[plot]'``.
        """
        names = ("round", "labelled", "error", "cost", "verdict", "sentence")
        rounds = [{name: each[name] for name in names} for each in self._told]
        Path(path).write_text(
            report.page(self.name, self.advice, self._points(), rounds, currency=self._currency, annotators=annotators), encoding="utf-8"
        )

    @property
    def _currency(self) -> str:
        return "" if self.economics is None else self.economics.currency

    @property
    def _told(self) -> list[dict[str, Any]]:
        """All rounds, the pending one last."""
        pending = self._content["pending"]
        return [*self._content["rounds"], *([] if pending is None else [pending])]

    def _points(self) -> list[plots.Point]:
        return [plots.Point(each["labelled"], each["error"], each["standard_error"]) for each in self._told if each["error"] is not None]

    def round(self, error: ErrorEstimate | Mapping[str, Any] | float | None = None, instances: int | None = None) -> CampaignRound:
        """Return what the campaign tells a server with its next round."""
        rounds, state = self._content["rounds"], self._content["state"]
        last = rounds[-1] if rounds else {"batch_labelled": None, "batch_correct": None}
        return CampaignRound(
            campaign=self.name,
            state=None if state is None else base64.b64decode(state),
            labelled=self.labelled,
            cost=self.cost if rounds else None,
            batch_labelled=last["batch_labelled"],
            batch_correct=last["batch_correct"],
            error=_estimate(error, instances),
            economics=self.economics,
            aggressiveness=self._aggressiveness,
            criteria=self._criteria,
        )

    def _batch_cost(self, labels: list[Any]) -> float | None:
        price = None if self.economics is None else self.economics.label_cost
        count = sum(label is not None for label in labels)
        return None if price is None or self.economics is None else price * count + (self.economics.batch_cost or 0.0)

    def _checked(self, labels: list[Any], predicted: list[int] | None) -> tuple[int, int | None]:
        """Return how many labels there are, and how many the model had predicted, if that can be told."""
        pairs = [(label, guess) for label, guess in zip(labels, predicted or [-1] * len(labels), strict=True) if label is not None]
        known = self._classes
        if predicted is None or not all(isinstance(label, int) or known is not None for label, _ in pairs):
            return len(pairs), None
        numbers = [(label if known is None else known.index(label) if label in known else -1, guess) for label, guess in pairs]
        return len(pairs), sum(label == guess for label, guess in numbers)

    def _write(self, **changes: Any) -> None:
        content = {**self._content, **changes, "revision": self._revision + 1}
        _campaign_file.save(self.path, _jsonable(content), self._revision)
        self._content, self._revision = _jsonable(content), self._revision + 1


def keys_of(ids: Sequence[Id]) -> npt.NDArray[np.int64]:
    """Return a key for each id, the same in every round: whole numbers from 0 on as they are, else 63 bits of a SHA-256 digest."""
    if all(isinstance(name, int) and 0 <= name < 2**63 for name in ids):
        return np.array(ids, np.int64)
    digests = (hashlib.sha256(f"{type(name).__name__}:{name}".encode()).digest() for name in ids)
    return np.array([int.from_bytes(digest[:8], "big") >> 1 for digest in digests], np.int64)


def _named(probabilities: Any, ids: Any, arguments: Mapping[str, Any]) -> tuple[int, list[Id]]:
    """Return the number of rows and their ids."""
    by_row = ("logits", "scores", "embeddings", "label_probabilities", "predicted_values")
    first = (
        probabilities if probabilities is not None else next((arguments[name] for name in by_row if arguments.get(name) is not None), None)
    )
    if ids is None and first is not None:
        ids = index_of(first)
    if ids is None:
        if first is None:
            raise CampaignError("give ids, or one of probabilities, " + ", ".join(by_row))
        ids = range(len(to_array(first, "probabilities")))
    names = [name.item() if isinstance(name, np.generic) else name for name in to_ids(ids)]
    for name in names:
        if isinstance(name, bool) or not isinstance(name, (str, int)):
            raise CampaignError(f"an id is {name!r}; a campaign's ids are strings or whole numbers")
    return len(names), names


def _aligned(labels: Mapping[Any, Any] | Sequence[Any], ids: list[Id]) -> list[Any]:
    if isinstance(labels, Mapping):
        unknown = [name for name in labels if name not in set(ids)]
        if unknown:
            raise CampaignError(f"{unknown[0]!r} is not in the pending batch")
        given = [labels.get(name) for name in ids]
    else:
        given = list(labels)
        if len(given) != len(ids):
            raise CampaignError(f"there are {len(given)} labels for {len(ids)} instances; there must be one each, None for no label")
    return [label.item() if isinstance(label, np.generic) else label for label in given]


def _estimate(error: ErrorEstimate | Mapping[str, Any] | float | None, instances: int | None) -> ErrorEstimate | Mapping[str, Any] | None:
    if error is None or isinstance(error, (ErrorEstimate, Mapping)):
        return error
    return ErrorEstimate(source="hold_out", error=float(error), instances=instances)


def _told(error: ErrorEstimate | Mapping[str, Any] | float | None, instances: int | None) -> dict[str, float | None]:
    found: ErrorEstimate | None = bundle_of(ErrorEstimate, _estimate(error, instances), "error")
    if found is None:
        return {"error": None, "standard_error": None}
    return {"error": found.error, "standard_error": found.standard_error}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _jsonable(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise CampaignError(f"{value!r} cannot be kept in a campaign's file: labels are what JSON can hold")
