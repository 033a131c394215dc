"""Plans between the wire and the engine, driven by the registry and the messages' own descriptors: a new part needs no line here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message
from querist.v1 import plan_pb2

from querist_server.engine.errors import EngineError
from querist_server.engine.part import Choice, Part, Score
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES, GUARDS, SCORES, WEIGHTS
from querist_server.engine.scores.mix import MixPart

AnyPart = TypeVar("AnyPart", bound=Part)

DEFAULT_CHOICE = "top"
AUTO = "auto"
"""The strategy that picks a preset by what is sent."""
MOST_GUARDS, MOST_WEIGHTS = 16, 8
LEAST_FACTOR, MOST_FACTOR = 1.0, 1e6
DEEPEST_SCORE = 3
"""How many scores may stand inside each other: parts of a mix of scores of parts."""


def preset_plan(name: str) -> Plan:
    """Return the plan of a preset.

    Raises
    ------
    EngineError
        If there is no such preset.
    """
    if name not in PRESETS:
        message = f"there is no strategy {name!r}; there are {', '.join(sorted([*PRESETS, AUTO]))}"
        raise EngineError("STRATEGY_UNKNOWN", message, field="strategy")
    return PRESETS[name].plan


def decode_plan(message: plan_pb2.Plan) -> Plan:
    """Turn a plan message into the engine's plan.

    Raises
    ------
    EngineError
        If an arm is missing, or a parameter is missing or out of bounds.
    """
    if not message.HasField("score"):
        raise EngineError("FIELD_MISSING", "a plan needs a score", field="plan.score")
    for name, entries, most in (("guards", message.guards, MOST_GUARDS), ("weights", message.weights, MOST_WEIGHTS)):
        if len(entries) > most:
            raise EngineError("VALUE_OUT_OF_RANGE", f"there are {len(entries)} {name}; allowed are at most {most}", field=f"plan.{name}")
    score: Score = decode_part(message.score, SCORES, "plan.score")
    choice: Choice = decode_part(message.choice, CHOICES, "plan.choice") if message.HasField("choice") else CHOICES[DEFAULT_CHOICE]()
    return Plan(
        score,
        choice,
        prefilter=message.prefilter if message.HasField("prefilter") else None,
        prefilter_factor=_prefilter_factor(message),
        guards=tuple(decode_part(guard, GUARDS, f"plan.guards[{index}]") for index, guard in enumerate(message.guards)),
        weights=tuple(decode_part(weight, WEIGHTS, f"plan.weights[{index}]") for index, weight in enumerate(message.weights)),
    )


def _prefilter_factor(message: plan_pb2.Plan) -> float | None:
    if not message.HasField("prefilter_factor"):
        return None
    factor = message.prefilter_factor
    if message.HasField("prefilter"):
        raise EngineError("FIELD_CONFLICT", "set prefilter or prefilter_factor, not both", field="plan.prefilter_factor")
    if not LEAST_FACTOR <= factor <= MOST_FACTOR:
        allowed = f"prefilter_factor is {factor}; allowed is {LEAST_FACTOR:g} to {MOST_FACTOR:g}"
        raise EngineError("VALUE_OUT_OF_RANGE", allowed, field="plan.prefilter_factor")
    return float(factor)


def encode_plan(plan: Plan) -> plan_pb2.Plan:
    """Turn the engine's plan into a message with every parameter filled in."""
    message = plan_pb2.Plan(prefilter=plan.prefilter, prefilter_factor=plan.prefilter_factor)
    _encode_part(plan.score, message.score)
    _encode_part(plan.choice, message.choice)
    for guard in plan.guards:
        _encode_part(guard, message.guards.add())
    for weight in plan.weights:
        _encode_part(weight, message.weights.add())
    return message


def enum_name(descriptor: Any, number: int) -> str:
    """Return the name of an enum value without its prefix, or "" if there is no such value."""
    value = descriptor.values_by_number.get(number)
    return "" if value is None else value.name.removeprefix(enum_prefix(descriptor))


def enum_prefix(descriptor: Any) -> str:
    """Return what all value names of an enum begin with, which is the beginning of its value 0."""
    return descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")


def decode_part(container: Message, registry: Mapping[str, type[AnyPart]], path: str, depth: int = 1) -> AnyPart:
    """Turn the arm that is set into the engine's part.

    Parameters
    ----------
    container : message
        With a oneof called `kind`, such as `Score`.
    registry : mapping
        The engine's parts by the names of the arms.
    path : str
        Where the container is in the request, for errors.
    depth : int
        How many scores it stands inside of, itself included.

    Raises
    ------
    EngineError
        If no arm is set, or a parameter is missing or out of bounds.
    """
    arm = container.WhichOneof("kind")
    if arm is None:
        raise EngineError(
            "FIELD_MISSING", f"no part is set, or one that this server does not know; it knows {', '.join(registry)}", field=path
        )
    if depth > DEEPEST_SCORE:
        raise EngineError("VALUE_OUT_OF_RANGE", f"scores stand inside each other more than {DEEPEST_SCORE} deep", field=path)
    kind = registry[arm].kind
    parameters = _parameters(getattr(container, arm), registry[arm], f"{path}.{arm}", depth)
    try:
        return registry[arm](**parameters)
    except EngineError as error:
        error.field = path + error.field.removeprefix(f"plan.{kind}")
        raise


def _parameters(message: Message, part: type[Part], path: str, depth: int) -> dict[str, Any]:
    """Return the parameters that are set; the part's own defaults stand for the others."""
    parameters: dict[str, Any] = {}
    for field in dataclasses.fields(part):
        descriptor = message.DESCRIPTOR.fields_by_name[field.name]
        value = getattr(message, field.name)
        where = f"{path}.{field.name}"
        if descriptor.message_type is plan_pb2.MixPart.DESCRIPTOR:
            parameters[field.name] = tuple(_decode_mix_part(entry, f"{where}[{index}]", depth) for index, entry in enumerate(value))
        elif descriptor.message_type is plan_pb2.Score.DESCRIPTOR:
            if not message.HasField(field.name):
                raise EngineError("FIELD_MISSING", "a score is needed", field=where)
            parameters[field.name] = decode_part(value, SCORES, where, depth + 1)
        elif descriptor.enum_type is not None:
            if value or field.default is dataclasses.MISSING:
                parameters[field.name] = _decode_enum(descriptor.enum_type, value, where)
        elif message.HasField(field.name):
            parameters[field.name] = value
    return parameters


def _decode_mix_part(message: plan_pb2.MixPart, path: str, depth: int) -> MixPart:
    if not message.HasField("score"):
        raise EngineError("FIELD_MISSING", "a part of a mix needs a score", field=f"{path}.score")
    if message.score.WhichOneof("kind") == "mix":
        raise EngineError("VALUE_OUT_OF_RANGE", "a part of a mix is itself a mix; allowed is any other score", field=f"{path}.score")
    score: Score = decode_part(message.score, SCORES, f"{path}.score", depth + 1)
    return MixPart(score, message.weight) if message.HasField("weight") else MixPart(score)


def _decode_enum(descriptor: Any, number: int, path: str) -> str:
    name = enum_name(descriptor, number)
    if number == 0 or not name:
        allowed = ", ".join(value.name for value in descriptor.values if value.number)
        reason = "FIELD_MISSING" if number == 0 else "VALUE_OUT_OF_RANGE"
        raise EngineError(reason, f"{descriptor.name} is {number}; allowed are {allowed}", field=path)
    return name


def _encode_part(part: Part, container: Message) -> None:
    message = getattr(container, part.name)
    message.SetInParent()
    for field in dataclasses.fields(part):
        descriptor = message.DESCRIPTOR.fields_by_name[field.name]
        value = getattr(part, field.name)
        if descriptor.message_type is plan_pb2.MixPart.DESCRIPTOR:
            for entry in value:
                _encode_part(entry.score, message.parts.add(weight=entry.weight).score)
        elif descriptor.message_type is plan_pb2.Score.DESCRIPTOR:
            _encode_part(value, getattr(message, field.name))
        elif descriptor.enum_type is not None:
            setattr(message, field.name, descriptor.enum_type.values_by_name[enum_prefix(descriptor.enum_type) + value].number)
        elif value is not None:  # what stays open is settled by the part itself
            setattr(message, field.name, value)
