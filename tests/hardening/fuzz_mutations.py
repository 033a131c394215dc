"""Changes that know what the bytes are, so that most inputs get past the parser."""

from __future__ import annotations

import random

from fuzz_targets import TARGETS, Target, joined, pieces, record_of, reseal
from google.protobuf.message import DecodeError, Message
from hostile import spoil
from onnx import ModelProto
from querist.v1 import annotation_service_pb2

MOST_CHANGES = 3


def changed(target: str, data: bytes, chance: random.Random) -> bytes | None:
    """Return the input with some of its fields changed; None if it cannot be read."""
    if target == "crowd":
        return _changed_stream(data, chance)
    kind = TARGETS[target].message or ModelProto
    message = _read(kind, data)
    if message is None:
        return None
    if target == "state" and chance.random() < 0.5:
        record = record_of(message)
        _spoil(chance.choice([record, record.stop_set, *record.rounds]), chance)
        message.campaign.state.content = record.SerializeToString()
        reseal(message)
    else:
        _spoil(message, chance)
    return message.SerializeToString()


def crossed(target: Target, one: bytes, other: bytes) -> bytes | None:
    """Return both inputs in one, the second's fields over the first's."""
    if target.message is None:
        return None
    messages = _read(target.message, one), _read(target.message, other)
    if messages[0] is None or messages[1] is None:
        return None
    messages[0].MergeFrom(messages[1])
    return messages[0].SerializeToString()


def _changed_stream(data: bytes, chance: random.Random) -> bytes | None:
    if data[:1] == b"\1":
        message = _read(annotation_service_pb2.AssignAnnotatorsRequest, data[1:])
        if message is None:
            return None
        _spoil(message, chance)
        return b"\1" + message.SerializeToString()
    parts = list(pieces(data[1:]))
    if not parts:
        return None
    at = chance.randrange(len(parts))
    change = chance.random()
    if change < 0.1:
        parts.insert(chance.randrange(len(parts) + 1), parts[at])
    elif change < 0.2:
        parts.pop(at)
    else:
        message = _read(annotation_service_pb2.AssessAnnotationsRequest, parts[at])
        if message is None:
            return None
        _spoil(message, chance)
        parts[at] = message.SerializeToString()
    return joined(parts)


def _spoil(message: Message, chance: random.Random) -> None:
    for _ in range(chance.randint(1, MOST_CHANGES)):
        spoil(message, chance)


def _read(kind: type[Message], data: bytes) -> Message | None:
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message
