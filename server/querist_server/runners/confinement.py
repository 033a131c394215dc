"""How far a process that runs models is trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Confinement:
    """Limits of one process.

    Attributes
    ----------
    memory_bytes : int
        Memory beyond what it starts with.
    cpu_seconds : int
        Processor seconds for one request: to load a model, or to run it on one batch.
    required : bool
        Whether a process that the sandbox does not hold may not be used.
    """

    memory_bytes: int = 2 * 2**30
    cpu_seconds: int = 300
    required: bool = False
