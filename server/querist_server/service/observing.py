"""Who hears of calls that have ended: the one narrow way from the service to metrics, traces and the selection log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from querist_server.service.calls import Call
from querist_server.telemetry import SERVER


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes
    ----------
    code : str
        Name of the status code.
    reason : str
        Name of the `ErrorReason`; empty if nothing failed, or the caller has gone.
    limit : str
        Name of the limit that refused it, if one did.
    seconds : float
        From its first moment in the interceptor to its last.
    """

    code: str
    reason: str = ""
    limit: str = ""
    seconds: float = 0.0


class Observer(Protocol):
    """Hears of calls."""

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Hear that a call has ended. On the event loop, so it must take no time."""


def tell(observers: Sequence[Observer], call: Call, outcome: Outcome) -> None:
    """Tell all observers. One that fails is a defect, but not the caller's: the call goes on to its end."""
    for observer in observers:
        try:
            observer.ended(call, outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is
            SERVER.error("defect", exc_info=error, extra={"fields": {"request_id": call.request_id, "method": call.method}})
