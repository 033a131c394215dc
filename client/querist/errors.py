"""What goes wrong, as exceptions. Nobody needs to import grpc to catch them.

QueristError
+-- InvalidRequestError       the request is at fault: `reason`, `field`, `row`
|   +-- ModelError            a model, or what it was given, is at fault
+-- NotFoundError             no such model
+-- AuthenticationError       the server does not know this caller: a token is missing, wrong or out of date
+-- PermissionDeniedError     the server knows this caller, or need not, and does not allow that
+-- LimitExceededError        larger than this server takes; trying again does not help
+-- ServerUnavailableError    not there, or about to stop; trying again helps
|   +-- ServerOverloadedError too busy; `retry_after` says when to come back
+-- DeadlineExceededError     the time given was not enough
+-- CallCancelledError        cancelled on the way
+-- ModelWorkerDiedError      the process that ran a model died
+-- ServerError               a defect of the server: `request_id` names it in the server's log
+-- LocalServerError          a private server did not start
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc

from querist import _status


class QueristError(Exception):
    """Anything that goes wrong.

    Attributes
    ----------
    reason : str
        A name of the contract's `ErrorReason`, or "" if the server gave none.
    code : str
        The gRPC status code's name.
    request_id : str
        Names the call in the server's log, if it got there.
    """

    def __init__(self, message: str, *, reason: str = "", code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code
        self.request_id = request_id


class InvalidRequestError(QueristError, ValueError):
    """The request is at fault.

    Attributes
    ----------
    field : str
        Path of the field in the request, or name of the argument.
    row : int or None
        Index in the pool of the first row at fault.
    id : object
        The caller's id of that row, if ids were given.
    """

    def __init__(
        self, message: str, *, field: str = "", row: int | None = None, reason: str = "", code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message, reason=reason, code=code, request_id=request_id)
        self.field = field
        self.row = row
        self.id: Any = None

    def name_row(self, ids: Sequence[Any] | None) -> None:
        """Fill in the caller's id of the row at fault."""
        if ids is not None and self.row is not None and self.row < len(ids):
            self.id = ids[self.row]


class ModelError(InvalidRequestError):
    """A model, or what it was given, is at fault."""


class NotFoundError(QueristError):
    """There is no such model.

    Attributes
    ----------
    reply_lost : bool
        Whether an earlier attempt of the same call went without an answer, so that it may have been this call that removed it.
    """

    reply_lost = False


class AuthenticationError(QueristError):
    """The server does not know this caller: a token is missing, wrong or out of date."""


class PermissionDeniedError(QueristError):
    """The server does not allow that to this caller, or to anybody."""


class LimitExceededError(QueristError):
    """The request is larger than this server takes.

    Attributes
    ----------
    limit : str
        Name of the limit, as in `info().limits`.
    allowed : int, float or None
        Its value.
    """

    def __init__(self, message: str, *, limit: str = "", allowed: float | None = None, **rest: str) -> None:
        super().__init__(message, **rest)
        self.limit = limit
        self.allowed = allowed


class ServerUnavailableError(QueristError):
    """The server is not there or about to stop.

    Attributes
    ----------
    retry_after : float or None
        Seconds after which the server asks to be tried again.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **rest: str) -> None:
        super().__init__(message, **rest)
        self.retry_after = retry_after


class ServerOverloadedError(ServerUnavailableError):
    """The server is too busy to begin."""


class DeadlineExceededError(QueristError, TimeoutError):
    """The time given was not enough."""


class CallCancelledError(QueristError):
    """The call was cancelled on the way."""


class ModelWorkerDiedError(QueristError):
    """The process that ran a model died; the server goes on."""


class ServerError(QueristError):
    """A defect of the server."""


class LocalServerError(QueristError):
    """A private server did not start."""


class CampaignError(QueristError):
    """A campaign cannot do that now, or was given what it cannot keep."""


class CampaignFileError(CampaignError):
    """A campaign's file is none, is damaged, is of a newer version, or was written by somebody else."""


def from_rpc_error(error: grpc.RpcError) -> QueristError:
    """Turn what gRPC raised into the exception that fits."""
    status = _status.read(error)
    common = {"reason": status.reason, "code": status.code, "request_id": status.request_id}
    message = status.message or status.code
    if status.code == "INVALID_ARGUMENT":
        kind = ModelError if status.reason.startswith("MODEL_") else InvalidRequestError
        row = status.metadata.get("row")
        return kind(
            _with_hint(message, status.reason), field=status.metadata.get("field", ""), row=None if row is None else int(row), **common
        )
    if status.reason == "SERVER_OVERLOADED":
        return ServerOverloadedError(message, retry_after=status.retry_after, **common)
    if status.code == "UNAVAILABLE":
        return ServerUnavailableError(message, retry_after=status.retry_after, **common)
    if status.code == "RESOURCE_EXHAUSTED":
        allowed = _number(status.metadata.get("allowed", ""))
        return LimitExceededError(message, limit=status.metadata.get("limit", ""), allowed=allowed, **common)
    plain: dict[str, type[QueristError]] = {
        "NOT_FOUND": NotFoundError,
        "UNAUTHENTICATED": AuthenticationError,
        "PERMISSION_DENIED": PermissionDeniedError,
        "DEADLINE_EXCEEDED": DeadlineExceededError,
        "CANCELLED": CallCancelledError,
        "ABORTED": ModelWorkerDiedError,
        "FAILED_PRECONDITION": QueristError,
    }
    return plain.get(status.code, ServerError)(message, **common)


def _number(text: str) -> float | None:
    """Read a number, whole or not, since limits are either; None if it is none."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return None


def _with_hint(message: str, reason: str) -> str:
    if reason == "PROBABILITIES_LOOK_LIKE_LOGITS":
        return f"{message} (in Python: logits= or committee_logits=)"
    return message
