"""Every part's parameters over the wire, driven by the registry and the descriptors."""

import dataclasses
import math

import pytest
from querist.v1 import plan_pb2
from querist_server.engine.errors import EngineError
from querist_server.engine.part import Part
from querist_server.engine.registry import CHOICES, GUARDS, SCORES, WEIGHTS
from querist_server.service.plans import decode_plan, encode_plan

REGISTRIES = {"score": SCORES, "choice": CHOICES, "guard": GUARDS, "weight": WEIGHTS}
PARTS = [(kind, name, part) for kind, registry in REGISTRIES.items() for name, part in registry.items()]
NUMBERS = [
    (kind, part, field)
    for kind, _, part in PARTS
    for field in dataclasses.fields(part)
    if field.metadata["minimum"] is not None or field.metadata["maximum"] is not None
]


PATHS = {"score": "score", "choice": "choice", "guard": "guards[0]", "weight": "weights[0]"}


def part_in(plan, kind: str):
    """Return the part of a kind that a plan, or its message, holds."""
    return getattr(plan, f"{kind}s")[0] if kind in ("guard", "weight") else getattr(plan, kind)


def plan_with(kind: str, name: str, **parameters: object) -> plan_pb2.Plan:
    plan = plan_pb2.Plan()
    plan.score.margin.SetInParent()
    if kind == "score":
        plan.ClearField("score")
    container = getattr(plan, f"{kind}s").add() if kind in ("guard", "weight") else getattr(plan, kind)
    message = getattr(container, name)
    message.SetInParent()
    for parameter, value in parameters.items():
        setattr(message, parameter, value)
    if name == "parts_score":
        message.score.margin.SetInParent()
    if name == "mix":
        message.scale = plan_pb2.MIX_SCALE_RANK
        for _ in range(2):
            message.parts.add().score.margin.SetInParent()
    return plan


@pytest.mark.parametrize(("kind", "name", "part"), PARTS)
def test_what_is_not_sent_is_the_parts_default_and_comes_back_filled_in(kind: str, name: str, part: type[Part]):
    plan = decode_plan(plan_with(kind, name))
    decoded = part_in(plan, kind)
    assert type(decoded) is part
    answered = getattr(part_in(encode_plan(plan), kind), name)
    for field in dataclasses.fields(part):
        if field.default is not dataclasses.MISSING:
            assert getattr(decoded, field.name) == field.default
        if field.default is not None:
            assert not answered.DESCRIPTOR.fields_by_name[field.name].has_presence or answered.HasField(field.name)
    assert decode_plan(encode_plan(plan)) == plan


def test_there_are_numbers_to_check():
    assert NUMBERS


@pytest.mark.parametrize(("kind", "part", "field"), NUMBERS, ids=lambda value: getattr(value, "name", None))
def test_numbers_are_held_to_their_bounds_and_the_bounds_are_allowed(kind: str, part: type[Part], field: dataclasses.Field):
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    floating = "float" in str(field.type)
    for bound, outward in ((low, -math.inf), (high, math.inf)):
        if bound is None:
            continue
        decoded = decode_plan(plan_with(kind, part.name, **{field.name: bound if floating else int(bound)}))
        assert getattr(part_in(decoded, kind), field.name) == bound
        beyond = math.nextafter(bound, outward) if floating else int(bound) + (1 if outward > 0 else -1)
        for wrong in (beyond, *((outward, math.nan) if floating else ())):
            with pytest.raises(EngineError) as caught:
                decode_plan(plan_with(kind, part.name, **{field.name: wrong}))
            assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", f"plan.{PATHS[kind]}.{part.name}.{field.name}")
            assert str(wrong) in str(caught.value)


def test_a_wrong_parameter_within_a_mix_has_its_whole_path():
    plan = plan_pb2.Plan()
    plan.score.mix.scale = plan_pb2.MIX_SCALE_RANK
    plan.score.mix.parts.add().score.margin.SetInParent()
    plan.score.mix.parts.add(weight=math.inf).score.margin.SetInParent()
    with pytest.raises(EngineError) as caught:
        decode_plan(plan)
    assert caught.value.field == "plan.score.mix.parts[1].weight"


def test_the_choice_is_top_if_none_is_sent():
    plan = plan_pb2.Plan()
    plan.score.entropy.SetInParent()
    assert decode_plan(plan).choice == CHOICES["top"]()
    assert decode_plan(plan).prefilter is None
