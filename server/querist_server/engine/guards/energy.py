"""Instances that the model has seen nothing like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import robust
from querist_server.engine.part import Guard, Merge, Need, Suspects, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Energy(Guard):
    """Goes by the free energy of the logits, compared with that of the other candidates."""

    name: ClassVar[str] = "energy"
    summary: ClassVar[str] = "Puts instances aside that the model has seen nothing like, by the free energy of their logits."
    formula: ClassVar[str] = "robust z of -T log sum_c exp(logit_c / T) > z"
    reference: ClassVar[str] = "Liu et al., NeurIPS 2020"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LOGITS})
    merge: ClassVar[Merge] = Merge.GLOBAL
    cost: ClassVar[str] = "N C"

    temperature: float = parameter(1.0, doc="Temperature T.", minimum=1e-3, maximum=1e3)
    z: float = parameter(4.0, doc="Robust deviations above the median.", minimum=0.1, maximum=1e3)

    @property
    def looks_at_pool(self) -> bool:
        """Always: what is usual is known only then."""
        return True

    def pool_columns(self, block: Block, context: Context) -> dict[str, npt.NDArray[Any]]:  # noqa: ARG002 - the same for every guard
        """Return the free energies."""
        scaled = sent(block.logits).astype(np.float64) / self.temperature
        highest = scaled.max(axis=1)
        return {"energy": -self.temperature * (highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1)))}

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:  # noqa: ARG002
        """Return what is far above the median."""
        deviations = robust.deviations(candidates["energy"])
        positions = np.flatnonzero(deviations > self.z)
        return [Suspects("HIGH_ENERGY", positions, deviations[positions])]
