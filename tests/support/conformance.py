"""Calls by name, conformance files, and how an answer is compared with what a file expects. The rule is in tests/conformance/README.md."""

import importlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
from conformance_cases import ADVISE, ASSESS, ASSIGN, INFO, SELECT, STRATEGIES, STREAM, Scenario
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

FILES = Path(__file__).resolve().parents[1] / "conformance"
ADVICE = [f"stop.{name}" for name in ("sentence", "votes.sentence", "cautions", "missing", "forecast")]
SELECTION = [
    "selection_id", "server_version", "timings", "statistics.bytes_kept", "warnings.message", "auto_choice.reason",
    "auto_choice.alternatives.reason", "campaign_state.content", "campaign_state.checksum", *ADVICE,
]  # fmt: skip
_BESIDE_NAMES = ("summary", "formula", "needs", "merge", "deterministic", "cost", "parameters", "reference")
IGNORED = {
    SELECT: SELECTION,
    STREAM: ["progress", *(f"result.{name}" for name in SELECTION)],
    ADVISE: ["server_version", "state.content", "state.checksum", *ADVICE],
    ASSESS: ["result.server_version", "result.cautions"],
    ASSIGN: ["server_version"],
    INFO: ["version", "features", "time"],
    STRATEGIES: [
        *(f"presets.{name}" for name in ("plan", "summary", "needs", "merge", "deterministic", "reference")),
        *(f"{kind}.{name}" for kind in ("scores", "choices", "guards", "weights", "criteria") for name in _BESIDE_NAMES),
    ],
}
"""What is not compared: names drawn at random, times, versions, memory, sentences, and forecasts that an optimiser finds."""
for _module in ("selection_service", "annotation_service", "system_service"):
    importlib.import_module(f"querist.v1.{_module}_pb2")


def call(channel: grpc.Channel, method: str, requests: list[Message]) -> list[Message]:
    """Make a call of any kind as a stream, which unary calls are on the wire, and return all answers."""
    described = descriptor_pool.Default().FindMethodByName(method.replace("/", "."))
    answer = message_factory.GetMessageClass(described.output_type)
    make = channel.stream_stream(f"/{method}", lambda message: message.SerializeToString(), answer.FromString)
    return list(make(iter(requests), timeout=30))


def requests_of(case: dict[str, Any]) -> list[Message]:
    described = descriptor_pool.Default().FindMethodByName(case["method"].replace("/", "."))
    kind = message_factory.GetMessageClass(described.input_type)
    return [json_format.ParseDict(request, kind()) for request in case["requests"]]


def outcome(channel: grpc.Channel, method: str, requests: list[Message]) -> dict[str, Any]:
    """Make a call and return what a file would expect of it."""
    try:
        answers = call(channel, method, requests)
    except grpc.RpcError as error:
        return {"error": refusal(error)}
    kept = []
    for answer in answers:
        for path in IGNORED[method]:
            clear(answer, path.split("."))
        if answer.ByteSize() or method not in (STREAM, ASSESS):
            kept.append(json_format.MessageToDict(answer, preserving_proto_field_name=True))
    return {"responses": kept}


def refusal(error: grpc.RpcError) -> dict[str, Any]:
    """Return an error without its sentences."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(error).details:
        for known in (info, bad):
            detail.Unpack(known)
    found = {"code": error.code().name, "reason": info.reason, "metadata": dict(sorted(info.metadata.items()))}
    return found | {"fields": [violation.field for violation in bad.field_violations]}


def clear(message: Message, path: list[str]) -> None:
    """Clear a field, in each entry of a repeated one above it."""
    name, *rest = path
    if not rest:
        message.ClearField(name)
        return
    below = message.DESCRIPTOR.fields_by_name[name]
    for inner in getattr(message, name) if below.is_repeated else [getattr(message, name)] if message.HasField(name) else []:
        clear(inner, rest)


def record(channel: grpc.Channel, scenarios: list[Scenario]) -> Iterator[dict[str, Any]]:
    """Return a file's content for each scenario."""
    states: dict[str, Message] = {}
    for scenario in scenarios:
        if scenario.after:
            scenario.requests[0].campaign.state.CopyFrom(states[scenario.after])
        if scenario.method == ADVISE and not scenario.name.startswith("error"):
            states[scenario.name] = call(channel, ADVISE, scenario.requests)[0].state
        requests = [json_format.MessageToDict(request, preserving_proto_field_name=True) for request in scenario.requests]
        head = {"name": scenario.name, "summary": scenario.summary, "method": scenario.method, "requests": requests}
        yield head | {"ignored": IGNORED[scenario.method]} | outcome(channel, scenario.method, scenario.requests)


def read(folder: Path = FILES) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def write(case: dict[str, Any], folder: Path) -> None:
    (folder / f"{case['name']}.json").write_text(json.dumps(case, indent=1) + "\n")


def close(one: Any, other: Any, relative: float = 1e-12) -> bool:
    """Compare content, numbers with a tolerance: exponentials and logarithms differ in the last bit between processors."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[name], other[name], relative) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(close(a, b, relative) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=relative, abs_tol=relative)
    return bool(one == other)
