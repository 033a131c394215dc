"""Messages by grammar: from the descriptors of the contract, with tensors whose shapes, types and elements mostly fit together.

Half of them are made from nothing; the other half are sound inputs in which some fields were made anew.
"""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
from fuzz_targets import TARGETS, joined, record_of, reseal
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hostile import BYTES, FLOATS, INTEGERS, TEXTS, request_for, round_with_everything
from querist import codec
from querist.v1 import annotation_service_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CRITERIA
from querist_server.service.plans import encode_plan

DEEPEST = 5
ROWS, WIDTHS = (0, 1, 2, 3, 7, 23), (0, 1, 2, 3, 4, 5)
"""Few lengths, so that tensors which must agree often do."""
_TYPES = (np.float32, np.float64, np.float16, np.int64, np.uint64, np.int8, np.bool_, np.uint8)
_BOUNDS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
}


def made(target: str, chance: random.Random) -> bytes:
    """Return an input of a target."""
    if target == "crowd":
        return _stream(chance)
    if target == "model":
        return _model(chance)
    message = _begun(target, chance)
    for _ in range(chance.randint(0, 3)):
        grow(_somewhere(message, chance), chance)
    return message.SerializeToString()


def _begun(target: str, chance: random.Random) -> Message:
    kind = TARGETS[target].message
    if target == "state":
        request = round_of(chance.randrange(3)) if chance.random() < 0.7 else message_of(kind, chance)
        if chance.random() < 0.5:
            _forge(request, chance)
        return request
    name = chance.choice(sorted(PRESETS))
    if chance.random() < 0.7:
        request = pb.SelectRequest()
        request.CopyFrom(sound(name))
    else:
        request = message_of(pb.SelectRequest, chance)
    if chance.random() < 0.5:
        request.header.plan.CopyFrom(encode_plan(PRESETS[name].plan))
    return request if target != "plan" else request.header


@functools.cache
def sound(preset: str) -> pb.SelectRequest:
    """Return a request that is answered."""
    return request_for(preset, np.random.default_rng(1))


@functools.cache
def _round(seed: int) -> bytes:
    return round_with_everything(np.random.default_rng(seed)).SerializeToString()


def round_of(seed: int) -> pb.AdviseStopRequest:
    """Return a round with all that may be sent."""
    return pb.AdviseStopRequest.FromString(_round(seed))


def _forge(request: pb.AdviseStopRequest, chance: random.Random) -> None:
    """Put into a state what was never given out, under a checksum that is right."""
    record = record_of(request)
    grow(_somewhere(record, chance), chance)
    request.campaign.state.content = record.SerializeToString()
    reseal(request)
    if chance.random() < 0.5:
        del request.campaign.criteria[:]
        for name in chance.sample(sorted(CRITERIA), 3):
            getattr(request.campaign.criteria.add(), name).SetInParent()


def _somewhere(message: Message, chance: random.Random) -> Message:
    """Return the message or one in it."""
    while chance.random() < 0.75:
        below = [value for field, value in message.ListFields() if field.message_type and field.has_presence]
        below += [entry for field, value in message.ListFields() if _is_list_of_messages(field) for entry in value]
        if not below:
            break
        message = chance.choice(below)
    return message


def _is_list_of_messages(field: FieldDescriptor) -> bool:
    return field.message_type is not None and not field.has_presence and not field.message_type.GetOptions().map_entry


def message_of(kind: type[Message], chance: random.Random, depth: int = 0) -> Message:
    """Return a message with some of its fields."""
    if kind is tensor_pb2.Tensor:
        return tensor(chance)
    message = kind()
    for _ in range(chance.randint(0, 5)):
        grow(message, chance, depth)
    return message


def grow(message: Message, chance: random.Random, depth: int = 0) -> None:
    """Make a field of a message anew."""
    if isinstance(message, tensor_pb2.Tensor):
        message.CopyFrom(tensor(chance))
        return
    fields = [field for field in message.DESCRIPTOR.fields if field.message_type is None or depth < DEEPEST]
    if not fields:
        return
    field = chance.choice(fields)
    if field.message_type is None:
        if field.is_repeated:
            getattr(message, field.name).extend(_value(field, chance) for _ in range(chance.randint(0, 4)))
        else:
            setattr(message, field.name, _value(field, chance))
    elif field.message_type.GetOptions().map_entry:
        values = field.message_type.fields_by_name["value"]
        getattr(message, field.name)[chance.choice([*sorted(CRITERIA), "x"])] = _value(values, chance)
    else:
        holder = getattr(message, field.name)
        for _ in range(chance.randint(0, 3) if field.is_repeated else 1):
            (holder.add() if field.is_repeated else holder).CopyFrom(message_of(field.message_type._concrete_class, chance, depth + 1))


def _value(field: FieldDescriptor, chance: random.Random) -> Any:
    kind = field.cpp_type
    if field.enum_type is not None:
        known = [value.number for value in field.enum_type.values]
        return chance.choice(known if field.enum_type.is_closed else [*known, 99])
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return chance.choice([chance.random(), chance.gauss(0, 1e3), 10.0 ** chance.randint(-300, 300), chance.choice(FLOATS)])
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return chance.choice([chance.random(), 1e38, 1e-45, float("nan"), float("inf")])
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.choice([*BYTES, chance.randbytes(chance.randrange(20))])
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return chance.choice([*TEXTS, chance.choice(sorted(PRESETS)), "".join(chr(chance.randrange(1, 0xD800)) for _ in range(5))])
    low, high = _BOUNDS[kind]
    extreme = [value for value in INTEGERS if low <= value <= high]
    return chance.choice([chance.randint(0, 9), chance.randint(0, 9), chance.choice(extreme), chance.randint(low, high)])


def tensor(chance: random.Random) -> tensor_pb2.Tensor:
    """Return a tensor, mostly a sound one: distributions, points, classes, marks."""
    kind = chance.choice(("distributions", "distributions", "points", "classes", "marks", "any", "lie", "file"))
    lengths = [chance.choice(INTEGERS) for _ in range(chance.randint(0, 9))]
    if kind == "lie":
        return tensor_pb2.Tensor(shape=lengths, dtype=chance.randint(0, 14), data=chance.randbytes(chance.randint(0, 16)))
    if kind == "file":
        file = tensor_pb2.LocalFile(name=chance.choice(TEXTS), offset=chance.choice(INTEGERS))
        return tensor_pb2.Tensor(shape=lengths, dtype=chance.randint(0, 14), file=file)
    rows, width = chance.choice(ROWS), chance.choice(WIDTHS)
    shape = chance.choice([(rows,), (rows, width), (rows, 3, width), (rows, width, 2, width)])
    rng = np.random.default_rng(chance.randrange(100))
    if kind == "distributions" and shape[-1]:
        return codec.encode(rng.dirichlet(np.ones(shape[-1]), shape[:-1]) if len(shape) > 1 else rng.random(shape))
    if kind == "classes":
        return codec.encode(rng.integers(-1, 4, shape))
    if kind == "marks":
        return codec.encode(rng.random(shape) < 0.5)
    if kind == "any":
        with np.errstate(invalid="ignore"):
            return codec.encode((rng.standard_normal(shape) * 100).astype(chance.choice(_TYPES)))
    return codec.encode(rng.standard_normal(shape).astype(chance.choice(_TYPES[:3])))


def _stream(chance: random.Random) -> bytes:
    if chance.random() < 0.25:
        return b"\1" + message_of(annotation_service_pb2.AssignAnnotatorsRequest, chance).SerializeToString()
    header = message_of(annotation_service_pb2.AssessHeader, chance)
    if chance.random() < 0.8:
        header.class_count = 4
    header.bootstrap_rounds = chance.randint(-1, 9)
    rows = chance.choice(ROWS)
    rng = np.random.default_rng(chance.randrange(100))
    answers = message_of(annotation_service_pb2.AnswerBlock, chance) if chance.random() < 0.3 else annotation_service_pb2.AnswerBlock()
    for name in ("instances", "annotators", "labels", *chance.sample(("times", "gold", "seconds", "confidences"), chance.randint(0, 3))):
        values = rng.integers(0, 4, rows)
        getattr(answers, name).CopyFrom(codec.encode(np.sort(values) if name == "times" else values))
    parts: list[dict[str, Any]] = [{"header": header}]
    parts += [{"instances": message_of(annotation_service_pb2.InstanceBlock, chance)} for _ in range(chance.choice((0, 0, 1, 2)))]
    parts += [{"answers": answers}] * chance.choice((0, 1, 1, 2))
    return joined([annotation_service_pb2.AssessAnnotationsRequest(**part).SerializeToString() for part in parts])


def _model(chance: random.Random) -> bytes:
    from onnx import ModelProto  # not needed for the other targets

    model = message_of(ModelProto, chance)
    for _ in range(chance.randint(1, 4)):
        grow(model.graph, chance)
        model.graph.node.add(op_type=chance.choice(["Identity", "ZipMap", "Loop", "If"]))
    if chance.random() < 0.8:
        model.ir_version = 8
        del model.training_info[:], model.functions[:], model.configuration[:], model.opset_import[:]
    return model.SerializeToString()
