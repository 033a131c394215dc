"""Messages that nobody meant to send, and a look at how they are refused."""

import random
import threading

import numpy as np
from engine import columns_for
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from messages import request_of
from querist import codec
from querist.v1 import advice_pb2, error_reason_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.errors import EngineError
from querist_server.engine.pipeline import Limits
from querist_server.engine.presets import PRESETS
from querist_server.service.advice import answer_advice
from querist_server.service.errors import failure_of

ROWS = 23
LIMITS = Limits(max_rows=1000, max_classes=50, max_members=10, max_embedding_width=50, max_kept_bytes=2**22)
INTEGERS = (0, 1, -1, 2, 3, 4, 7, ROWS, ROWS + 1, 2**31 - 1, -(2**31), 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 5e-324, 1e308, -1e308, float("nan"), float("inf"), -float("inf"))
TEXTS = ("", "margin", "x", "\0", "\U0001f600" * 100, "../../etc")
BYTES = (b"", b"\0", b"\xff" * 8, bytes(range(256)))


def spoil(message: Message, chance: random.Random) -> None:
    """Change one field, somewhere in a message or what it holds."""
    below = [value for field, value in message.ListFields() if field.message_type and not field.is_repeated]
    if below and chance.random() < 0.75:
        spoil(chance.choice(below), chance)
        return
    if not message.DESCRIPTOR.fields:
        return
    field = chance.choice(message.DESCRIPTOR.fields)
    if chance.random() < 0.15:
        message.ClearField(field.name)
    elif field.message_type and field.message_type.GetOptions().map_entry:
        values = field.message_type.fields_by_name["value"]
        getattr(message, field.name)[chance.choice(TEXTS)] = _value(values, chance)
    elif field.message_type:
        inner = getattr(message, field.name)
        inner = inner.add() if field.is_repeated else inner
        inner.SetInParent()
        spoil(inner, chance)
    elif not field.is_repeated:
        setattr(message, field.name, _value(field, chance))
    elif len(getattr(message, field.name)) and chance.random() < 0.7:
        values = getattr(message, field.name)
        values[chance.randrange(len(values))] = _value(field, chance)
    else:
        getattr(message, field.name).append(_value(field, chance))


def _value(field: FieldDescriptor, chance: random.Random) -> object:
    if field.enum_type and field.enum_type.is_closed:  # of proto2, as ONNX's
        return chance.choice(field.enum_type.values).number
    kinds = {
        FieldDescriptor.CPPTYPE_DOUBLE: FLOATS,
        FieldDescriptor.CPPTYPE_FLOAT: [value for value in FLOATS if not 1e300 < abs(value) < float("inf")],
        FieldDescriptor.CPPTYPE_BOOL: (False, True),
        FieldDescriptor.CPPTYPE_ENUM: range(16),
        FieldDescriptor.CPPTYPE_UINT32: [value for value in INTEGERS if 0 <= value < 2**32],
        FieldDescriptor.CPPTYPE_UINT64: [value for value in INTEGERS if value >= 0],
        FieldDescriptor.CPPTYPE_INT32: [value for value in INTEGERS if abs(value) < 2**31],
        FieldDescriptor.CPPTYPE_INT64: INTEGERS,
        FieldDescriptor.CPPTYPE_STRING: BYTES if field.type == FieldDescriptor.TYPE_BYTES else TEXTS,
    }
    return chance.choice(kinds[field.cpp_type])


def refused(error: EngineError) -> str:
    """Look at a refusal, and return its reason."""
    failure = failure_of(error, "id")
    assert f"ERROR_REASON_{failure.reason}" in error_reason_pb2.ErrorReason.keys()  # noqa: SIM118 - an enum, not a dict
    assert failure.reason != "INTERNAL"
    assert failure.status.ByteSize() < 4096
    return failure.reason


def request_for(preset: str, rng: np.random.Generator) -> pb.SelectRequest:
    """Return a request with all that the preset needs, that is answered as it is."""
    columns, task = columns_for(PRESETS[preset].plan.needs, rng, ROWS)
    request = request_of({**columns, "keys": np.arange(ROWS)}, task, strategy=preset, count=5, seed=1)
    if "committee.probabilities" in columns:
        request.header.member_weights.extend([1, 2, 3])
    return request


def round_with_everything(rng: np.random.Generator) -> pb.AdviseStopRequest:
    """Return a request for advice in the fifth round, with all that may be sent."""
    request = pb.AdviseStopRequest()
    said = request.campaign
    for place in range(1, 6):
        said.labelled, said.cost, said.batch_labelled, said.batch_correct = 10 * place, 9.0 * place, 10, 7
        said.error.CopyFrom(advice_pb2.ErrorEstimate(source=advice_pb2.ERROR_SOURCE_HOLD_OUT, error=0.5 / place, instances=100))
        said.economics.CopyFrom(advice_pb2.Economics(label_cost=1, error_cost=2, predictions=1e4, currency="EUR"))
        said.screening.CopyFrom(advice_pb2.Screening(target_recall=0.9, relevant=[True, False], control_size=9, control_found=3))
        said.screening.elusion_size, said.screening.elusion_relevant = 50, 1
        said.unlabelled, said.next_batch, said.aggressiveness = 100, 10, 0.4
        del said.criteria[:]
        said.criteria.add().budget.amount = 1e6
        said.criteria.add().knee.SetInParent()
        request.side.stop_set.classes.CopyFrom(codec.encode(rng.integers(0, 3, 40)))
        request.side.screened.CopyFrom(codec.encode(rng.random(2 * place)))
        if place < 5:
            said.state.CopyFrom(answer_advice(request, LIMITS, threading.Event()).state)
    return request
