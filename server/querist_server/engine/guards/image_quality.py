"""Dark, bright, blank and blurred images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import images, robust
from querist_server.engine.part import Guard, Merge, Need, Suspects, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class ImageQuality(Guard):
    """Judges small versions of images by brightness, contrast, and how sharp they are beside the others."""

    name: ClassVar[str] = "image_quality"
    summary: ClassVar[str] = "Puts images aside that are too dark, too bright, blank or blurred."
    formula: ClassVar[str] = "mean <= dark; mean >= bright; deviation <= blank; robust z of log(var Laplacian / var brightness) < -blur_z"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.THUMBNAILS})
    merge: ClassVar[Merge] = Merge.GLOBAL
    cost: ClassVar[str] = "N pixels"

    dark: float = parameter(0.03, doc="Highest mean brightness of an image that is too dark.", minimum=0.0, maximum=1.0)
    bright: float = parameter(0.97, doc="Lowest mean brightness of an image that is too bright.", minimum=0.0, maximum=1.0)
    blank: float = parameter(0.02, doc="Highest standard deviation of an image that shows nothing.", minimum=0.0, maximum=1.0)
    blur_z: float = parameter(4.0, doc="Robust deviations of log sharpness below the median.", minimum=0.1, maximum=1e3)

    @property
    def looks_at_pool(self) -> bool:
        """Always: how sharp images usually are is known only then."""
        return True

    def row_suspects(self, block: Block, context: Context) -> list[Suspects]:  # noqa: ARG002 - the same signature for every guard
        """Return dark, bright and blank images."""
        mean, deviation = images.mean_and_deviation(images.brightness(sent(block.thumbnails)))
        found = (
            ("TOO_DARK", mean <= self.dark, mean),
            ("TOO_BRIGHT", mean >= self.bright, mean),
            ("BLANK", deviation <= self.blank, deviation),
        )
        return [Suspects(reason, np.flatnonzero(wrong), values[wrong]) for reason, wrong, values in found]

    def pool_columns(self, block: Block, context: Context) -> dict[str, npt.NDArray[Any]]:  # noqa: ARG002
        """Return how sharp each image is; NaN where that cannot be said."""
        return {"sharpness": images.sharpness(images.brightness(sent(block.thumbnails)))}

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:  # noqa: ARG002
        """Return blurred images."""
        sharpness = candidates["sharpness"]
        known = np.flatnonzero(np.isfinite(sharpness))
        deviations = robust.deviations(np.log(np.maximum(sharpness[known], np.finfo(np.float64).tiny)))
        blurred = deviations < -self.blur_z
        return [Suspects("BLURRED", known[blurred], deviations[blurred])]
