"""SystemService: what this server is, and its catalogue of strategies."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

import grpc
from querist._version import __version__
from querist.v1 import system_service_pb2 as pb
from querist.v1 import system_service_pb2_grpc as rpc

from querist_server.engine import keeping
from querist_server.engine.part import Merge, Need, Part, Score
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS, Preset
from querist_server.engine.registry import CHOICES, CRITERIA, GUARDS, SCORES, WEIGHTS
from querist_server.service.plans import encode_plan

API_VERSION = "querist.v1"
_WIDEST = (Merge.PER_ROW, Merge.STATISTICS, Merge.GLOBAL, Merge.SEQUENTIAL)
"""Merge classes from the one that keeps least to the one that keeps most."""


class SystemServicer(rpc.SystemServiceServicer):
    """Answers from what was known at the start.

    Parameters
    ----------
    limits : ServerLimits
    features : list of str
    local_directory : LocalDirectory, optional
    """

    def __init__(self, limits: pb.ServerLimits, features: list[str], local_directory: pb.LocalDirectory | None = None) -> None:
        self._info = pb.GetServerInfoResponse(
            version=__version__, api_version=API_VERSION, limits=limits, features=features, local_directory=local_directory
        )
        self._catalogue = catalogue()

    async def GetServerInfo(  # noqa: N802 - gRPC's name
        self,
        request: pb.GetServerInfoRequest,  # noqa: ARG002 - the signature is gRPC's
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> pb.GetServerInfoResponse:
        """Return version, limits and features, and what time it is here."""
        answer = pb.GetServerInfoResponse()
        answer.CopyFrom(self._info)
        answer.time.GetCurrentTime()
        return answer

    async def ListStrategies(  # noqa: N802 - gRPC's name
        self,
        request: pb.ListStrategiesRequest,  # noqa: ARG002 - the signature is gRPC's
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> pb.ListStrategiesResponse:
        """Return every preset, score, choice, guard, weight and stop criterion."""
        return self._catalogue


def catalogue() -> pb.ListStrategiesResponse:
    """Return every preset, score, choice, guard, weight and stop criterion, by name, as the registry has them."""
    return pb.ListStrategiesResponse(
        presets=[_preset(PRESETS[name]) for name in sorted(PRESETS)],
        scores=[_part(SCORES[name]) for name in sorted(SCORES)],
        choices=[_part(CHOICES[name]) for name in sorted(CHOICES)],
        guards=[_part(GUARDS[name]) for name in sorted(GUARDS)],
        weights=[_part(WEIGHTS[name]) for name in sorted(WEIGHTS)],
        criteria=[_part(CRITERIA[name]) for name in sorted(CRITERIA)],
    )


def _preset(preset: Preset) -> pb.Preset:
    plan = preset.plan
    return pb.Preset(
        name=preset.name,
        plan=encode_plan(plan),
        summary=preset.summary,
        needs=_needs(plan.needs),
        merge=f"MERGE_CLASS_{_merge(plan).value}",
        deterministic=plan.deterministic,
        reference="; ".join(dict.fromkeys(part.reference for part in plan.parts if part.reference)),
        memory=_memory(keeping.memory(plan)),
    )


def _memory(found: keeping.Memory) -> pb.Memory:
    columns = [f"NEED_{need.value}" for need in found.columns]
    return pb.Memory(kept_rows=f"KEPT_ROWS_{found.rows.value}", bytes_per_row=found.row_bytes, kept_columns=columns)


def _part(part: type[Part]) -> pb.Part:
    hints = get_type_hints(part)
    return pb.Part(
        name=part.name,
        summary=part.summary,
        formula=part.formula,
        needs=_needs(part.needs),
        merge=f"MERGE_CLASS_{part.merge.value}",
        deterministic=part.deterministic,
        cost=part.cost,
        parameters=[_parameter(field, hints[field.name]) for field in dataclasses.fields(part)],
        reference=part.reference,
    )


def _parameter(field: dataclasses.Field[Any], hint: Any) -> pb.Parameter:
    types = {bool: "bool", float: "double", int: "int64", float | None: "double", int | None: "int64", Score: "message"}
    kind = types.get(hint) or ("message" if getattr(hint, "__origin__", None) is tuple else "enum")
    missing = field.default is dataclasses.MISSING or field.default is None
    default = "" if missing else str(field.default).lower() if hint is bool else str(field.default)
    return pb.Parameter(
        name=field.name,
        type=kind,
        summary=field.metadata["doc"],
        default_value=default,
        minimum=field.metadata["minimum"],
        maximum=field.metadata["maximum"],
    )


def _needs(needs: frozenset[Need]) -> list[str]:
    return sorted(f"NEED_{need.value}" for need in needs)


def _merge(plan: Plan) -> Merge:
    return max((part.merge for part in plan.parts), key=_WIDEST.index)
