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
        """Return the free energies, and how exactly they are known: to the rounding of the largest logit."""
        logits = sent(block.logits)
        wide = logits.astype(np.float64)
        highest = wide.max(axis=1)
        with np.errstate(over="ignore"):  # a logit too far below the highest adds nothing
            below = (wide - highest[:, None]) / self.temperature
        rounding = float(np.finfo(logits.dtype).eps) * np.abs(wide).max(axis=1)
        return {"energy": -(highest + self.temperature * np.log(np.exp(below).sum(axis=1))), "energy_rounding": rounding}

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:  # noqa: ARG002
        """Return what is far above the median."""
        deviations = robust.deviations(candidates["energy"], candidates["energy_rounding"])
        positions = np.flatnonzero(deviations > self.z)
        return [Suspects("HIGH_ENERGY", positions, deviations[positions])]
