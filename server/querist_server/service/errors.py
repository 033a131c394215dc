"""Errors on the wire: the one table from reason to status code, and the details that every error carries.

EngineError, LimitError     (engine) the request is at fault
Cancelled                   (engine) the caller has gone
RetryLater                  the server cannot take the call now
StreamIdle                  the caller has sent nothing for too long
anything else               a defect: INTERNAL, with an id under which the log has the traceback
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from querist.v1 import pool_pb2

from querist_server.engine.errors import Cancelled, EngineError, LimitError

DOMAIN = "querist"
MOST_MESSAGE_BYTES, MOST_FIELD_BYTES = 1000, 200
"""Longer texts are cut: details travel in trailers, of which peers accept 8 KiB, and there a message outside ASCII takes up to three times
its bytes."""

_INVALID, _EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED
_DENIED = grpc.StatusCode.PERMISSION_DENIED

CODES: dict[str, grpc.StatusCode] = {
    "FIELD_MISSING": _INVALID,
    "FIELD_CONFLICT": _INVALID,
    "VALUE_OUT_OF_RANGE": _INVALID,
    "STRATEGY_UNKNOWN": _INVALID,
    "INPUT_MISSING": _INVALID,
    "COUNT_EXCEEDS_POOL": _INVALID,
    "POOL_EMPTY": _INVALID,
    "SHAPE_INVALID": _INVALID,
    "SHAPE_MISMATCH": _INVALID,
    "DTYPE_INVALID": _INVALID,
    "DATA_SIZE_MISMATCH": _INVALID,
    "VALUE_NOT_FINITE": _INVALID,
    "PROBABILITY_NEGATIVE": _INVALID,
    "PROBABILITY_ABOVE_ONE": _INVALID,
    "ROW_NOT_NORMALIZED": _INVALID,
    "PROBABILITIES_LOOK_LIKE_LOGITS": _INVALID,
    "KEY_DUPLICATE": _INVALID,
    "INDEX_OUT_OF_RANGE": _INVALID,
    "VOTE_OUT_OF_RANGE": _INVALID,
    "WEIGHTS_INVALID": _INVALID,
    "SCORE_NEGATIVE": _INVALID,
    "STREAM_OUT_OF_ORDER": _INVALID,
    "LIMIT_EXCEEDED": _EXHAUSTED,
    "SERVER_OVERLOADED": _EXHAUSTED,
    "SERVER_DRAINING": grpc.StatusCode.UNAVAILABLE,
    "CALL_ENDED": grpc.StatusCode.CANCELLED,
    "INTERNAL": grpc.StatusCode.INTERNAL,
    "MODEL_NOT_FOUND": grpc.StatusCode.NOT_FOUND,
    "MODEL_INVALID": _INVALID,
    "MODEL_DIGEST_MISMATCH": _INVALID,
    "MODEL_STORE_FULL": _EXHAUSTED,
    "MODEL_STORE_UNAVAILABLE": grpc.StatusCode.FAILED_PRECONDITION,
    "MODEL_INPUT_INVALID": _INVALID,
    "MODEL_OUTPUT_INVALID": _INVALID,
    "MODEL_CLASSES_DIFFER": _INVALID,
    "MODEL_FAILED": _INVALID,
    "MODEL_WORKER_DIED": grpc.StatusCode.ABORTED,
    "MESSAGE_UNREADABLE": _INVALID,
    "STATE_DAMAGED": _INVALID,
    "STATE_FOREIGN": _INVALID,
    "ANSWER_CONTRADICTED": _INVALID,
    "OVERLAP_TOO_SMALL": _INVALID,
    "STATE_NEWER": grpc.StatusCode.FAILED_PRECONDITION,
    "CREDENTIALS_INVALID": grpc.StatusCode.UNAUTHENTICATED,
    "CALLER_NOT_ALLOWED": _DENIED,
    "UPLOADS_DISABLED": _DENIED,
    "MODEL_NOT_ALLOWED": _DENIED,
    "LOCAL_FILES_DISABLED": grpc.StatusCode.FAILED_PRECONDITION,
    "LOCAL_FILE_INVALID": _INVALID,
    "MODEL_REFUSED": _INVALID,
    "STREAM_IDLE": grpc.StatusCode.DEADLINE_EXCEEDED,
}


LIMITS = ("max_calls", "max_waiting", "max_in_flight_bytes", "max_memory_bytes", "open_files", "draining")
"""Why the server cannot take a call now: the setting that says how much there is of what is missing, or what it is."""


class RetryLater(Exception):  # noqa: N818 - says what to do
    """The server cannot take the call now.

    Parameters
    ----------
    reason : str
        SERVER_OVERLOADED or SERVER_DRAINING.
    message : str
    seconds : float
        When to try again.
    limit : str
        One of `LIMITS`.
    """

    def __init__(self, reason: str, message: str, seconds: float, limit: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.seconds = seconds
        self.limit = limit


class StreamIdle(Exception):  # noqa: N818 - says what happened
    """The caller has sent nothing for too long."""


@dataclass(frozen=True)
class Failure:
    """How a call failed: its code, its reason, the status that goes to the caller, and which limit refused it, if one did."""

    code: grpc.StatusCode
    reason: str
    status: status_pb2.Status
    limit: str = ""

    @property
    def trailers(self) -> tuple[tuple[str, bytes], ...]:
        """The trailing metadata that carry the details."""
        return (("grpc-status-details-bin", self.status.SerializeToString()),)


def failure_of(error: Exception, request_id: str) -> Failure:
    """Turn what a call raised into what its caller gets."""
    if isinstance(error, EngineError):
        return _at_fault(error)
    if isinstance(error, RetryLater):
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(error.seconds * 1000))
        return replace(_failure(error.reason, str(error), {}, error_details_pb2.RetryInfo(retry_delay=delay)), limit=error.limit)
    if isinstance(error, StreamIdle):
        return _failure("STREAM_IDLE", str(error), {})
    if isinstance(error, Cancelled):
        return _failure("CALL_ENDED", "the caller cancelled or its deadline has passed", {})
    message = "a defect of Querist; the server's log has the details under this request_id"
    return _failure("INTERNAL", message, {"request_id": request_id})


def field_path(field: str, rows: str) -> str:
    """Return the path of a field in the request.

    Parameters
    ----------
    field : str
        As the engine names it: a column of the pool, or a field of the header.
    rows : str
        Where the pool's columns are in the request: "pool", or "block.rows" in a stream.
    """
    if not field:
        return ""
    first = field.split(".", 1)[0].split("[", 1)[0]
    if first in ("header", "pool", "block", "side", "digest", "chunk", "size_bytes", "page_size", "page_token"):
        return field
    return f"{rows}.{field}" if first in pool_pb2.Pool.DESCRIPTOR.fields_by_name else f"header.{field}"


def located(error: EngineError, rows: str) -> EngineError:
    """Return the error with the path of its field in the request."""
    error.field = field_path(error.field, rows)
    return error


def _at_fault(error: EngineError) -> Failure:
    field = _cut(error.field, MOST_FIELD_BYTES)  # it may hold names that the caller made up
    metadata = {"field": field} if field else {}
    if error.row is not None:
        metadata["row"] = str(error.row)
    if isinstance(error, LimitError):
        metadata |= {"limit": error.limit, "allowed": _number(error.allowed)}
    where = f"{field}: " if field else ""
    at = f"row {error.row}: " if error.row is not None else ""
    text = f"{where}{at}{error}"
    violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=_cut(f"{at}{error}", MOST_MESSAGE_BYTES))
    details = [error_details_pb2.BadRequest(field_violations=[violation])] if field else []
    return replace(_failure(error.reason, text, metadata, *details), limit=metadata.get("limit", ""))


def _failure(reason: str, text: str, metadata: dict[str, str], *details: message.Message) -> Failure:
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    packed = []
    for detail in (info, *details):
        wrapper = any_pb2.Any()
        wrapper.Pack(detail)
        packed.append(wrapper)
    code = CODES[reason]
    number = code_pb2.Code.Value(code.name)
    return Failure(code, reason, status_pb2.Status(code=number, message=_cut(text, MOST_MESSAGE_BYTES), details=packed))


def _number(value: float) -> str:
    """Write a number for programs to read: whole ones without a point or an exponent, whatever their type is here."""
    return str(int(value)) if float(value).is_integer() else str(value)


def _cut(text: str, most: int) -> str:
    """Return the text, or its beginning and an ellipsis, in at most so many bytes of UTF-8."""
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= most else encoded[: most - 3].decode(errors="ignore") + "..."
