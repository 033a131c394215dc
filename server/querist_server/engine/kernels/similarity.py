"""How alike embeddings of length 1 are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Kernel:
    """A similarity of 0 to 1 between rows of length 1, computed from their cosines.

    Attributes
    ----------
    kind : str
        "RBF": exp(-d^2 / scale^2); "COSINE": (1 + cos) / 2; "TOP_HAT": 1 where d <= scale, else 0; d being the distance.
    scale : float
    """

    kind: str
    scale: float = 1.0

    def between(self, rows: Array, columns: Array) -> Array:
        """Return the similarities of unit rows (n, D) to unit rows (m, D), shape (n, m), in their own type."""
        if self.kind == "RBF":
            steepness = 2 / self.scale**2
            exponents = (rows * rows.dtype.type(steepness)) @ columns.T
            exponents -= steepness
            nothing = np.zeros(exponents.shape[1], exponents.dtype)  # numpy compares two rows three times as fast as a row and a number
            np.minimum(exponents, nothing, out=exponents)  # rounding alone leads above
            return np.exp(exponents, out=exponents)
        cosines = rows @ columns.T
        if self.kind == "COSINE":
            cosines += 1
            cosines /= 2
            return cosines
        slack = 16 * np.finfo(cosines.dtype).eps  # so that an instance is within any radius of itself
        return (cosines >= 1 - self.scale**2 / 2 - slack).astype(cosines.dtype)
