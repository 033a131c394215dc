"""Choose which unlabelled instances a person should label next, over gRPC.

import querist

with querist.connect("localhost:50051") as q:  # or querist.local() to start a server here
    batch = q.select(probabilities, strategy="margin", count=20)
batch.indices
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from querist import aio, errors
from querist._client import Client, connect
from querist._local import LocalServer
from querist._model_use import ModelUse
from querist._options import Options
from querist._tls import Tls
from querist._version import __version__
from querist.advice import StopAdvice
from querist.campaign import Campaign
from querist.errors import QueristError
from querist.inputs import Answers, CalibrationSet, CostHistory, Labelled, LinearHead, PartPredictions, PreAnnotation, StopSet, Target
from querist.plan import Plan
from querist.results import Batch, Progress
from querist.rounds import CampaignRound, Economics, ErrorEstimate, PastRound, Screening

if TYPE_CHECKING:
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


def __getattr__(name: str) -> ModuleType:
    """Import `querist.parts` when it is first asked for: making its hundred classes takes a tenth of a second."""
    if name != "parts":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = import_module("querist.v1.parts")
    return found


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
    server = LocalServer(workers)
    return Client(Options(server.address, timeout, retries=3, on_retry=None), server)
