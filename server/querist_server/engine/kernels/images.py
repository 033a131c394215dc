"""What small versions of images say about whether anybody can label them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in brightness (ITU-R BT.601)."""


def brightness(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return shades of grey from 0 to 1, [n, H, W], of [n, H, W] or [n, H, W, 3]."""
    scaled: npt.NDArray[Any] = thumbnails.astype(np.float32) / np.float32(255)
    if scaled.ndim == 3:
        return scaled
    return scaled @ np.array(LUMA, np.float32)


def mean_and_deviation(shades: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of each image's brightness."""
    flat = shades.reshape(len(shades), -1).astype(np.float64)
    return flat.mean(axis=1), flat.std(axis=1)


def sharpness(shades: npt.NDArray[np.float32]) -> FloatArray:
    """Return the variance of each image's Laplacian over that of its brightness; NaN for images smaller than 3 x 3 or blank ones."""
    if min(shades.shape[1:]) < 3:
        return np.full(len(shades), np.nan)
    middle = shades[:, 1:-1, 1:-1]
    edges = shades[:, :-2, 1:-1] + shades[:, 2:, 1:-1] + shades[:, 1:-1, :-2] + shades[:, 1:-1, 2:] - 4 * middle
    flat = edges.reshape(len(edges), -1).astype(np.float64)
    spread = shades.reshape(len(shades), -1).astype(np.float64).var(axis=1)
    visible = spread > 0
    return np.where(visible, flat.var(axis=1) / np.where(visible, spread, 1.0), np.nan)
