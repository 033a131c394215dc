"""Plans in Python, and as messages of the wire. Driven by the messages' descriptors: a new score or choice needs no line here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from querist.errors import InvalidRequestError
from querist.v1 import plan_pb2

Part = Any
"""A name such as "margin", or one of the dataclasses in `querist.parts`."""


@dataclass(frozen=True)
class Plan:
    """How to choose: a score gives each instance a value, a choice takes a set by those values; guards put instances aside, weights scale.

    Attributes
    ----------
    score : str or part
        Such as "margin", or ``querist.parts.Entropy(normalized=True)``.
    choice : str or part
        Such as "top", or ``querist.parts.Power(beta=2.0)``.
    prefilter : int, optional
        Keep only this many best by score before the choice looks at them.
    prefilter_factor : float, optional
        The same as a multiple of the batch, but at least 1,000.
    guards : sequence of str or part
        Such as "near_duplicate", or ``querist.parts.GroupCap(most=2)``.
    weights : sequence of str or part
        Such as "density", or ``querist.parts.Cost(gamma=0.5)``.
    """

    score: Part
    choice: Part = "top"
    prefilter: int | None = None
    prefilter_factor: float | None = None
    guards: Sequence[Part] = ()
    weights: Sequence[Part] = ()

    def __post_init__(self) -> None:
        for name in ("guards", "weights"):
            given = getattr(self, name)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise InvalidRequestError(f"{name} is {given!r}; it must be a list of names or parts", field=f"plan.{name}")
            object.__setattr__(self, name, tuple(given))

    def to_message(self) -> plan_pb2.Plan:
        """Return the plan as a message.

        Raises
        ------
        InvalidRequestError
            If there is no such score or choice, or a parameter has a wrong type.
        """
        message = plan_pb2.Plan(prefilter=self.prefilter, prefilter_factor=self.prefilter_factor)
        fill_part(message.score, self.score, "plan.score")
        fill_part(message.choice, self.choice, "plan.choice")
        for index, guard in enumerate(self.guards):
            fill_part(message.guards.add(), guard, f"plan.guards[{index}]")
        for index, weight in enumerate(self.weights):
            fill_part(message.weights.add(), weight, f"plan.weights[{index}]")
        return message

    @classmethod
    def from_message(cls, message: plan_pb2.Plan) -> Plan:
        """Return the plan that a message holds, with parts as dataclasses."""
        return cls(
            _part_of(message.score),
            _part_of(message.choice),
            prefilter=message.prefilter if message.HasField("prefilter") else None,
            prefilter_factor=message.prefilter_factor if message.HasField("prefilter_factor") else None,
            guards=tuple(map(_part_of, message.guards)),
            weights=tuple(map(_part_of, message.weights)),
        )


def fill_part(container: Message, part: Part, path: str) -> None:
    """Set the arm of a Guard, Score, Weight, Choice or Criterion message.

    Raises
    ------
    InvalidRequestError
        If there is no such part, or a parameter has a wrong type.
    """
    fields: Any = container.DESCRIPTOR.oneofs_by_name["kind"].fields
    arms = {field.message_type.name: field.name for field in fields}
    arm = part if isinstance(part, str) else arms.get(type(part).__name__)
    if arm not in arms.values():
        given = repr(part) if isinstance(part, str) else type(part).__name__
        raise InvalidRequestError(f"{path} is {given}; allowed are {', '.join(sorted(arms.values()))}", field=path)
    message = getattr(container, str(arm))
    message.SetInParent()
    if not isinstance(part, str):
        _set_parameters(message, part, f"{path}.{arm}")


def _set_parameters(message: Message, part: Any, path: str) -> None:
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        descriptor = message.DESCRIPTOR.fields_by_name[field.name]
        if value is None:
            continue
        try:
            if descriptor.message_type is plan_pb2.MixPart.DESCRIPTOR:
                for index, entry in enumerate(value):
                    fill_part(message.parts.add(weight=entry.weight).score, entry.score, f"{path}.parts[{index}].score")  # type: ignore[attr-defined]
            elif descriptor.message_type is plan_pb2.Score.DESCRIPTOR:
                fill_part(getattr(message, field.name), value, f"{path}.{field.name}")
            elif descriptor.enum_type is not None:
                setattr(message, field.name, descriptor.enum_type.values_by_name[_prefix(descriptor) + str(value).upper()].number)
            else:
                setattr(message, field.name, value)
        except (TypeError, ValueError, KeyError) as error:
            if isinstance(error, InvalidRequestError):
                raise
            allowed = ", ".join(_names(descriptor)) if descriptor.enum_type is not None else str(field.type)
            raise InvalidRequestError(f"{path}.{field.name} is {value!r}; allowed is {allowed}", field=f"{path}.{field.name}") from error


def _part_of(container: Message) -> Part:
    arm = container.WhichOneof("kind")
    if arm is None:
        return None
    from querist.v1 import parts  # here, because it takes a tenth of a second

    message = getattr(container, arm)
    kind = getattr(parts, message.DESCRIPTOR.name)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        descriptor = message.DESCRIPTOR.fields_by_name[field.name]
        value = getattr(message, field.name)
        if descriptor.message_type is plan_pb2.MixPart.DESCRIPTOR:
            values[field.name] = tuple(parts.MixPart(score=_part_of(entry.score), weight=entry.weight) for entry in value)
        elif descriptor.message_type is plan_pb2.Score.DESCRIPTOR:
            values[field.name] = _part_of(value)
        elif descriptor.enum_type is not None:
            values[field.name] = descriptor.enum_type.values_by_number[value].name.removeprefix(_prefix(descriptor))
        elif message.HasField(field.name):
            values[field.name] = value
    return kind(**values)


def _prefix(descriptor: Any) -> str:
    name: str = descriptor.enum_type.values_by_number[0].name
    return name.removesuffix("UNSPECIFIED")


def _names(descriptor: Any) -> list[str]:
    return [value.name.removeprefix(_prefix(descriptor)) for value in descriptor.enum_type.values if value.number]
