"""What is known of the work of one call: the one record from which its log line, the metrics, its trace and the selection log are made.

Whoever works on a call writes here what it did; whoever wants to tell of it reads it once the call has ended (`observing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from querist_server.engine.stages import Stages

if TYPE_CHECKING:
    from querist.v1 import selection_service_pb2

    from querist_server.engine.plan import Plan
    from querist_server.engine.selection import Selection
    from querist_server.service.digests import InputDigests

MOST_MODEL_RUNS = 32
"""Runs of models of which one call remembers when they were; of the others it knows how many there were."""
TYPED_PLAN = "plan"
"""What stands for a plan that has no name of its own."""


class ModelRun(NamedTuple):
    """One batch of rows in a process that runs models.

    Attributes
    ----------
    digest : str
        Of the model.
    rows : int
    began, ended : float
        By the performance counter.
    process_seconds : float or None
        How long the model took by the process's own word; None if it gave none that can be true.
    """

    digest: str
    rows: int
    began: float
    ended: float
    process_seconds: float | None


class Answered(NamedTuple):
    """A selection that was answered.

    Attributes
    ----------
    plan : Plan
        As it was run.
    seed : int
    selection : Selection
    selection_id : str
    """

    plan: Plan
    seed: int
    selection: Selection
    selection_id: str


@dataclass(eq=False)
class Account:
    """The work of one call so far.

    Attributes
    ----------
    strategy : str
        Name of the preset, or "plan"; never a text that a caller made up. Empty if the call is no selection, or no valid one.
    rows, bytes : int
        That were received.
    works : int
        Pieces of work that were given to the workers, or done where the message was read.
    queued : float
        Seconds for which they waited for a worker.
    stages : Stages
    model_runs : list of ModelRun
        The first of them.
    model_runs_total : int
    verdict : str
        Of the stop advice, if it was asked for: CONTINUE, STOP or INCONCLUSIVE.
    digests : InputDigests or None
        Of what was sent, if anybody wants to know.
    asked : SelectHeader or None
        What the caller asked for, without data; if there are digests.
    answered : Answered or None
    """

    strategy: str = ""
    rows: int = 0
    bytes: int = 0
    works: int = 0
    queued: float = 0.0
    stages: Stages = field(default_factory=Stages)
    model_runs: list[ModelRun] = field(default_factory=list)
    model_runs_total: int = 0
    verdict: str = ""
    digests: InputDigests | None = None
    asked: selection_service_pb2.SelectHeader | None = None
    answered: Answered | None = None

    def ran(self, run: ModelRun) -> None:
        """Note a run of a model."""
        self.model_runs_total += 1
        if len(self.model_runs) < MOST_MODEL_RUNS:
            self.model_runs.append(run)
