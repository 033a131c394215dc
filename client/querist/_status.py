"""Error details from a call's trailing metadata, without the packages that declare them.

Three message types of google/rpc (status.proto, error_details.proto) are declared here in a descriptor pool of their own, so that nothing
clashes with googleapis-common-protos and the base install does not need it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory

DETAILS = "grpc-status-details-bin"
REQUEST_ID = "x-request-id"


@dataclass(frozen=True)
class Status:
    """What a failed call tells."""

    code: str
    message: str
    reason: str = ""
    request_id: str = ""
    retry_after: float | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def read(error: grpc.RpcError) -> Status:
    """Read a failed call; details that cannot be read are left out."""
    failed: Any = error  # every error that a call raises is also the call, which the types do not say
    trailers = dict(failed.trailing_metadata() or ())
    code: str = failed.code().name
    message: str = failed.details() or ""
    request_id = trailers.get(REQUEST_ID, "")
    packed = trailers.get(DETAILS)
    if packed is None:
        return Status(code, message, request_id=request_id)
    types = _types()
    reason, metadata, retry_after = "", {}, None
    for detail in types["Status"].FromString(packed).details:
        name = detail.type_url.rpartition(".")[2]
        if name == "ErrorInfo":
            info = types["ErrorInfo"].FromString(detail.value)
            reason, metadata = info.reason, dict(info.metadata)
        elif name == "RetryInfo":
            delay = types["RetryInfo"].FromString(detail.value).retry_delay
            retry_after = delay.seconds + delay.nanos * 1e-9
    return Status(code, message, reason, request_id or metadata.get("request_id", ""), retry_after, metadata)


@lru_cache(maxsize=1)
def _types() -> dict[str, type[Any]]:
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="querist_google_rpc.proto", package="querist.google_rpc", syntax="proto3")
    file.dependency.extend((any_pb2.DESCRIPTOR.name, duration_pb2.DESCRIPTOR.name))
    status = file.message_type.add(name="Status")
    status.field.add(name="details", number=3, type=kinds.TYPE_MESSAGE, type_name=".google.protobuf.Any", label=kinds.LABEL_REPEATED)
    info = file.message_type.add(name="ErrorInfo")
    info.field.add(name="reason", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    entry = info.nested_type.add(name="MetadataEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    entry_type = ".querist.google_rpc.ErrorInfo.MetadataEntry"
    info.field.add(name="metadata", number=3, type=kinds.TYPE_MESSAGE, type_name=entry_type, label=kinds.LABEL_REPEATED)
    retry = file.message_type.add(name="RetryInfo")
    retry.field.add(
        name="retry_delay", number=1, type=kinds.TYPE_MESSAGE, type_name=".google.protobuf.Duration", label=kinds.LABEL_OPTIONAL
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(duration_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    names = ("Status", "ErrorInfo", "RetryInfo")
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"querist.google_rpc.{name}")) for name in names}
