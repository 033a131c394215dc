"""Choose which unlabelled instances a person should label next, over gRPC.

import querist

with querist.connect("localhost:50051") as q:  # or querist.local() to start a server here
    batch = q.select(probabilities, strategy="margin", count=20)
batch.indices
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from querist import errors
from querist._client import Client, connect
from querist._model_use import ModelUse
from querist._options import Options
from querist._tls import Tls
from querist._version import __version__
from querist.advice import StopAdvice
from querist.errors import QueristError
from querist.inputs import Answers, CalibrationSet, CostHistory, Labelled, LinearHead, PartPredictions, PreAnnotation, StopSet, Target
from querist.plan import Plan
from querist.results import Batch, Progress
from querist.rounds import CampaignRound, Economics, ErrorEstimate, PastRound, Screening

if TYPE_CHECKING:
    from querist import aio
    from querist.campaign import Campaign
    from querist.v1 import parts

__all__ = [
    "Answers",
    "Batch",
    "CalibrationSet",
    "Campaign",
    "CampaignRound",
    "Client",
    "CostHistory",
    "Economics",
    "ErrorEstimate",
    "Labelled",
    "LinearHead",
    "ModelUse",
    "PartPredictions",
    "PastRound",
    "Plan",
    "PreAnnotation",
    "Progress",
    "QueristError",
    "Screening",
    "StopAdvice",
    "StopSet",
    "Target",
    "Tls",
    "__version__",
    "aio",
    "connect",
    "errors",
    "local",
    "parts",
]


_LATER = {"aio": ("querist.aio", None), "Campaign": ("querist.campaign", "Campaign"), "parts": ("querist.v1.parts", None)}
"""What is imported when it is first asked for, so that a short-lived process waits for none of it: the module, and the name within."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, within = _LATER[name]
    found = import_module(module)
    globals()[name] = found = found if within is None else getattr(found, within)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


def local(*, timeout: float | None = 60.0, workers: int | None = None) -> Client:
    """Start a private server on a Unix socket, and return a client that stops it when it is closed, or when this process ends.

    Parameters
    ----------
    timeout : float or None
        Seconds for one call; None for no limit.
    workers : int, optional
        Selections that compute at a time. Default: the CPU quota.

    Raises
    ------
    LocalServerError
        If it does not start; its message says what to install if something is missing.
    """
    from querist._local import LocalServer  # here, because only this needs to start processes

    server = LocalServer(workers)
    return Client(Options(server.address, timeout, retries=3, on_retry=None), server)
