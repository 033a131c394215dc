"""Whom to ask what, between the wire and the engine."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np
from querist._version import __version__
from querist.v1 import annotation_service_pb2 as pb

from querist_server.engine.crowd.assigning import Available, Open, Wish, assign
from querist_server.engine.errors import EngineError
from querist_server.service.plans import enum_name
from querist_server.service.turns import checkpoint_of

_DEFAULTS = {"quality": 0.7, "capacity": 1, "cost": 1.0, "answer_rate": 1.0}


def answer_assignment(request: pb.AssignAnnotatorsRequest, ended: threading.Event) -> pb.AssignAnnotatorsResponse:
    """Say whom to ask what.

    Raises
    ------
    EngineError
        If a field is missing or out of range.
    Cancelled
        If the caller has gone, as `ended` says.
    """
    checkpoint = checkpoint_of(ended)
    method = "EXPECTED_GAIN"
    if request.method:
        method = enum_name(pb.AssignmentMethod.DESCRIPTOR, request.method)
        if not method:
            raise EngineError("VALUE_OUT_OF_RANGE", f"method is {request.method}, which is none that this server knows", field="method")
    seed = request.seed if request.HasField("seed") else secrets.randbits(64)
    wish = Wish(
        method=method,
        most_per_instance=request.most_per_instance if request.HasField("most_per_instance") else 1,
        most_pairs=request.most_pairs if request.HasField("most_pairs") else None,
        blind_share=request.blind_share if request.HasField("blind_share") else 0.0,
        explore=request.explore if request.HasField("explore") else True,
        seed=seed,
    )
    instances = [
        Open(each.key, np.fromiter(each.probabilities, np.float64), frozenset(each.answered), frozenset(each.tags))
        for each in request.instances
    ]
    pairs, unassigned = assign(instances, [_available(each, index) for index, each in enumerate(request.annotators)], wish, checkpoint)
    response = pb.AssignAnnotatorsResponse(seed=seed, unassigned=unassigned, server_version=__version__)
    for pair in pairs:
        response.pairs.add(instance=pair.instance, annotator=pair.annotator, value=pair.value, blind=pair.blind)
    return response


def _available(each: pb.AvailableAnnotator, index: int) -> Available:
    known: dict[str, Any] = {name: getattr(each, name) if each.HasField(name) else default for name, default in _DEFAULTS.items()}
    confusion = None
    if each.confusion:
        width = round(len(each.confusion) ** 0.5)
        if width * width != len(each.confusion):
            message = f"confusion has {len(each.confusion)} numbers; it must have C x C"
            raise EngineError("SHAPE_INVALID", message, field=f"annotators[{index}].confusion")
        confusion = np.fromiter(each.confusion, np.float64).reshape(width, width)
    return Available(
        key=each.key,
        confusion=confusion,
        labels=each.labels,
        agreed=each.agreed if each.HasField("agreed") else None,
        tags=frozenset(each.tags),
        **known,
    )
