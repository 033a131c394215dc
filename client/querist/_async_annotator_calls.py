"""Calls of the asynchronous client about annotators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from querist import _crowd, crowd
from querist._channel import AsyncChannel
from querist._options import DEFAULT
from querist.v1.annotation_service_pb2_grpc import AnnotationServiceStub

T = TypeVar("T")


class AsyncAnnotatorCalls(ABC):
    """What a client asks of annotators and their answers."""

    async def assess_annotations(
        self,
        answers: Any,
        *,
        classes: Sequence[Any] | None = None,
        kind: str = "classes",
        method: str = "auto",
        probabilities: Any = None,
        committee: Any = None,
        features: Any = None,
        ids: Any = None,
        keep_last: bool = False,
        return_posteriors: bool = False,
        session_gap: float | None = None,
        bootstrap_rounds: int | None = None,
        most_pairs: int | None = None,
        seed: int | None = None,
        timeout: Any = DEFAULT,
    ) -> crowd.Assessment:
        """Say what annotators' answers are worth: consensus labels, who is right, who tires, how far they agree, what to ask again.

        Parameters
        ----------
        answers : data frame, dict of columns, iterable of dicts, or path of a .csv file
            With "instance", "annotator" and "label" (None for no answer), and if known "time" (seconds or datetimes), "seconds",
            "gold" and "confidence" (above 0 to 1).
        classes : sequence, optional
            All classes, in their order. Default: the labels that are there, in rising order.
        kind : {"classes", "ordinal", "sets"}
            For "sets" each label is a sequence of 0 and 1.
        method : str
            "auto", "majority", "weighted", "robust", "one_coin", "dawid_skene", "glad", "mace" or "crowdlab".
        probabilities : array (n, C), optional
            The model's, of all instances that have answers and of others that might be asked; or a `committee` (K, n, C). With `ids`.
        features : array (n, F), optional
            From which it is learnt what cannot be labelled. With `ids`.
        ids : sequence of n
            The instances of these.
        keep_last : bool
            Whether a second, other answer counts instead of the first; else it is refused.
        return_posteriors : bool
        session_gap : float, optional
            Seconds without an answer after which a new working session begins.
        bootstrap_rounds, most_pairs, seed : int, optional
        timeout : float or None, optional
        """
        sent = _crowd.answers_of(
            answers,
            classes=classes,
            kind=kind,
            method=method,
            probabilities=probabilities,
            committee=committee,
            features=features,
            ids=ids,
            keep_last=keep_last,
            options={
                "return_posteriors": return_posteriors,
                "session_gap": session_gap,
                "bootstrap_rounds": bootstrap_rounds,
                "most_pairs": most_pairs,
                "seed": seed,
            },
        )

        async def gathered(left: float | None) -> list[Any]:
            return [message async for message in self._annotations.AssessAnnotations(sent.messages(), timeout=left)]

        return _crowd.assessment(await self._call(gathered, timeout), sent)

    async def assign_annotators(
        self,
        instances: Iterable[Mapping[str, Any]],
        annotators: Iterable[Mapping[str, Any]],
        *,
        method: str | None = None,
        most_per_instance: int | None = None,
        most_pairs: int | None = None,
        blind_share: float | None = None,
        explore: bool | None = None,
        seed: int | None = None,
        timeout: Any = DEFAULT,
    ) -> crowd.Assignment:
        """Say whom to ask what.

        Parameters
        ----------
        instances : iterable of dict
            With "id" and "probabilities" (C,), and if known "answered" (ids of who has answered) and "tags" (skills that it takes).
        annotators : iterable of dict
            With "id", and if known "quality" or "confusion" (C, C), "labels", "capacity", "cost", "answer_rate" and "tags".
        method : {"expected_gain", "interval", "repeated"}, optional
        most_per_instance, most_pairs : int, optional
        blind_share : float, optional
            Share of the pairs for instances that somebody else has answered, to measure agreement.
        explore : bool, optional
            Whether new annotators get work although little is known of them.
        seed : int, optional
        timeout : float or None, optional
        """
        request, names, asked = _crowd.assignment_request(
            instances,
            annotators,
            method=method,
            most_per_instance=most_per_instance,
            most_pairs=most_pairs,
            blind_share=blind_share,
            explore=explore,
            seed=seed,
        )
        response = await self._call(lambda left: self._annotations.AssignAnnotators(request, timeout=left), timeout)
        return _crowd.assignment(response, names, asked)

    @property
    def _annotations(self) -> AnnotationServiceStub:
        return AnnotationServiceStub(self._connected())

    @abstractmethod
    async def _call(self, attempt: Callable[[float | None], Awaitable[T]], timeout: Any, *, repeatable: bool = True) -> T: ...

    @abstractmethod
    def _connected(self) -> AsyncChannel: ...
