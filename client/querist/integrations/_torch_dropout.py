"""Dropout that is one network a pass: masks that are the same for all rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from querist.errors import InvalidRequestError

BY_ELEMENT = (nn.Dropout, nn.AlphaDropout)
BY_CHANNEL = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.FeatureAlphaDropout)
ALPHA = (nn.AlphaDropout, nn.FeatureAlphaDropout)
SELU_FLOOR = -1.7580993408473766
"""What SELU tends to on the left, -scale * alpha: what alpha dropout puts where it drops (Klambauer et al., NeurIPS 2017)."""


class Masks:
    """The dropout layers of a module, switched on for a pass at a time while the module is in evaluation mode.

    A mask depends on the seed, the pass, how many dropout layers were called before in the pass, its shape and the kind of device.

    Parameters
    ----------
    module : torch.nn.Module
    seed : int

    Raises
    ------
    InvalidRequestError
        If there are no dropout layers, or all have probability 0.
    """

    def __init__(self, module: Any, seed: int) -> None:
        if seed < 0:
            raise InvalidRequestError(f"seed is {seed}; allowed are whole numbers from 0", field="seed")
        found = [layer for layer in module.modules() if isinstance(layer, BY_ELEMENT + BY_CHANNEL)]
        self._layers, self._seed = [layer for layer in found if layer.p > 0], seed
        if not self._layers:
            kinds = ", ".join(kind.__name__ for kind in BY_ELEMENT + BY_CHANNEL)
            what = f"has {len(found)} dropout layers, all with p=0" if found else "has no dropout layers"
            raise InvalidRequestError(
                f"{type(module).__name__} {what}; needed is one of {kinds} with p above 0 "
                "(dropout that is an argument of a layer or a function is not one)",
                field="module",
            )

    @contextmanager
    def drawn(self, number: int) -> Iterator[None]:
        """Apply the masks of a pass.

        Raises
        ------
        InvalidRequestError
            If no dropout layer was called in it.
        """
        calls = 0

        def drop(layer: Any, _: Any, output: Any) -> Any:
            nonlocal calls
            calls += 1
            return _dropped(output, layer, self._generator(number, calls, output.device))

        hooks = [layer.register_forward_hook(drop) for layer in self._layers]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
        if not calls:
            message = "none of the module's dropout layers was called; if it is compiled or traced, pass what it was made from"
            raise InvalidRequestError(message, field="module")

    def _generator(self, number: int, call: int, device: Any) -> Any:
        (seed,) = np.random.SeedSequence((self._seed, number, call)).generate_state(1, np.uint64)
        return torch.Generator(device).manual_seed(int(seed >> np.uint64(1)))


def _dropped(values: Any, layer: Any, generator: Any) -> Any:
    """Return values as the layer would in training, with one mask for all rows; `values` are left as they are."""
    shape = values.shape[1:2] + (1,) * (values.ndim - 2) if isinstance(layer, BY_CHANNEL) else values.shape[1:]
    kept = torch.rand((1, *shape), generator=generator, device=values.device) >= layer.p
    if isinstance(layer, ALPHA):
        if layer.p == 1:
            return torch.zeros_like(values)
        scale = ((1 - layer.p) * (1 + layer.p * SELU_FLOOR**2)) ** -0.5
        return torch.where(kept, values, SELU_FLOOR) * scale - scale * layer.p * SELU_FLOOR
    return values * (kept.to(values.dtype) / (1 - layer.p if layer.p < 1 else 1.0))
