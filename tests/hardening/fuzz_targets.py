"""What is fuzzed: each target takes bytes from anybody and answers them as the service does, or refuses them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError, Message
from querist import _splicing
from querist.v1 import annotation_service_pb2, campaign_record_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.errors import EngineError
from querist_server.engine.pipeline import Limits
from querist_server.engine.ragged import Ragged
from querist_server.runners import graph
from querist_server.runners.scan import scan
from querist_server.service.advice import answer_advice
from querist_server.service.assessments import AssessmentWork
from querist_server.service.assignments import answer_assignment
from querist_server.service.campaigns import MOST_BYTES, _checksum
from querist_server.service.decode import Columns, decode_pool, decode_side, decode_task
from querist_server.service.encode import encode_response
from querist_server.service.plans import decode_plan, encode_plan
from querist_server.service.reading import Rows
from querist_server.service.work import SelectionWork
from spliced import put_together

LIMITS = Limits(max_rows=10_000, max_classes=50, max_members=10, max_embedding_width=50, max_kept_bytes=2**22, max_score_cells=1e7)
MOST_BYTES_EACH = 8
"""Bytes of arrays for each byte of a message: a varint of one byte is an INT64."""


@dataclass(frozen=True)
class Target:
    """Something that takes bytes.

    Attributes
    ----------
    name : str
    run : callable
        Answers bytes, or raises.
    message : type
        What the bytes are; None if they are no message of the contract.
    """

    name: str
    run: Callable[[bytes], object]
    message: type[Message] | None


def read(kind: type[Message], data: bytes) -> Message:
    """Return a message, as the interceptor does."""
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise EngineError("MESSAGE_UNREADABLE", "not a message") from error
    return message


def _has_nan(message: Message) -> bool:
    """Tell whether a message is unequal to itself."""
    return message != message


def decoder(data: bytes) -> None:
    """Decode a pool and what stands beside it: few bytes must not become many."""
    request = read(pb.SelectRequest, data)
    if put_together(*_splicing.cut(data, pb.SelectRequest, "pool", fewest=8)) != request and not _has_nan(request):
        raise AssertionError("what is read with its bytes apart is another message")
    held = sum(_bytes(column) for column in [*decode_pool(request.pool).values(), *decode_side(request.side).values()])
    if held > MOST_BYTES_EACH * len(data):
        raise AssertionError(f"{len(data)} bytes became {held}")


def plan(data: bytes) -> None:
    """Turn a header into a task; a plan that is right comes out of a message again as it went in."""
    header = read(pb.SelectHeader, data)
    if header.HasField("plan"):
        found = decode_plan(header.plan)
        if decode_plan(encode_plan(found)) != found:
            raise AssertionError("a plan is not what it was")
    decode_task(header)


def state(data: bytes) -> None:
    """Give advice. Every second input has its checksum made right, as somebody does who forges a state."""
    request = read(pb.AdviseStopRequest, data)
    if len(data) % 2 and request.campaign.HasField("state"):
        reseal(request)
    answer = answer_advice(request, LIMITS, threading.Event())
    if not answer.stop.sentence or answer.state.ByteSize() > MOST_BYTES:
        raise AssertionError("advice without a sentence, or a state that is too large")


def selection(data: bytes) -> None:
    """Answer a whole selection."""
    request = read(pb.SelectRequest, data)
    request.header.ClearField("models")
    work = SelectionWork(request.header, LIMITS, None, "pool", threading.Event())
    work.beside(request.side)
    work.feed(Rows(request.pool))
    found = work.finish()
    response = encode_response(
        found, work.run.task.plan, auto_choice=None, strategy="", seed=0, seconds={}, class_labels=[], rows=slice(None)
    )
    indices = list(response.selected.indices)
    if len(set(indices)) != len(indices) or not all(0 <= index < response.statistics.rows for index in indices):
        raise AssertionError("indices repeat or are beyond the pool")
    if not np.isfinite(response.selected.scores).all():
        raise AssertionError("scores are not finite")


def crowd(data: bytes) -> None:
    """Assess a stream of answers, each message behind two bytes that hold its length; or, behind a first byte of 1, assign."""
    if data[:1] == b"\1":
        answer_assignment(read(annotation_service_pb2.AssignAnnotatorsRequest, data[1:]), threading.Event())
        return
    work = None
    for piece in pieces(data[1:]):
        message = read(annotation_service_pb2.AssessAnnotationsRequest, piece)
        part = message.WhichOneof("part")
        if work is None and part == "header":
            work = AssessmentWork(message.header, LIMITS, threading.Event())
        elif work is not None and part in ("answers", "instances"):
            work.take(message)
        else:
            raise EngineError("STREAM_OUT_OF_ORDER", "not in order")
    if work is None:
        raise EngineError("STREAM_OUT_OF_ORDER", "no header")
    work.finish()


def model(data: bytes) -> None:
    """Look through a model, and read what a scan lets pass."""
    scan(data, lambda: None)
    graph.read(data, lambda: None)


def pieces(data: bytes) -> Iterator[bytes]:
    """Take a stream apart."""
    at = 0
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2], "little")
        yield data[at + 2 : at + 2 + length]
        at += 2 + length


def joined(messages: list[bytes]) -> bytes:
    """Put a stream together."""
    return b"\0" + b"".join(len(message).to_bytes(2, "little") + message for message in messages if len(message) < 2**16)


def reseal(request: pb.AdviseStopRequest) -> None:
    """Make a state's checksum right."""
    request.campaign.state.checksum = _checksum(request.campaign.state)


def record_of(request: pb.AdviseStopRequest) -> campaign_record_pb2.CampaignRecord:
    """Return what a state holds, as far as it can be read."""
    try:
        return campaign_record_pb2.CampaignRecord.FromString(request.campaign.state.content)
    except DecodeError:
        return campaign_record_pb2.CampaignRecord()


def _bytes(column: Columns) -> int:
    if isinstance(column, Ragged):
        return column.counts.nbytes + sum(map(_bytes, column.columns.values()))
    return column.nbytes


TARGETS = {
    target.name: target
    for target in (
        Target("decoder", decoder, pb.SelectRequest),
        Target("plan", plan, pb.SelectHeader),
        Target("state", state, pb.AdviseStopRequest),
        Target("model", model, None),
        Target("selection", selection, pb.SelectRequest),
        Target("crowd", crowd, None),
    )
}
