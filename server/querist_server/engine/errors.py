"""What the engine raises when a request is at fault.

EngineError             a request that cannot be answered, with its reason, field and row
+-- LimitError          a request that is larger than a limit
Cancelled               the caller has gone; not an error of the request
"""

from __future__ import annotations


class EngineError(ValueError):
    """A request that cannot be answered.

    Parameters
    ----------
    reason : str
        A name of the contract's `ErrorReason`, without its prefix.
    message : str
        What was wrong, what came, what is allowed.
    field : str
        The input at fault as the engine knows it: a column ("probabilities"), a field of the header ("count") or of the plan
        ("plan.choice.power.beta"). Empty if there is none.
    row : int, optional
        The global index of the first row at fault.
    """

    def __init__(self, reason: str, message: str, *, field: str = "", row: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.row = row


class LimitError(EngineError):
    """A request that is larger than a limit of the server.

    Parameters
    ----------
    limit : str
        The name of the limit, as in the contract's `ServerLimits`.
    allowed : int or float
        Its value.
    """

    def __init__(self, message: str, *, limit: str, allowed: float, field: str = "") -> None:
        super().__init__("LIMIT_EXCEEDED", message, field=field)
        self.limit = limit
        self.allowed = allowed


class Cancelled(Exception):  # noqa: N818 - not an error: somebody hung up
    """The caller has cancelled or its deadline has passed; the work was stopped between two blocks."""
