"""A module as a function of a batch: its output and its embeddings, checked and on the host."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from querist.errors import InvalidRequestError

Forward = Callable[[Any, Any], Any]
GIVES = ("logits", "probabilities")


class View:
    """What is wanted of a module.

    Parameters
    ----------
    module : torch.nn.Module
    gives, embeddings, embeddings_before, forward, device
        As `predictions` describes them.

    Raises
    ------
    InvalidRequestError
        If a layer does not exist, or arguments contradict each other.
    """

    def __init__(
        self, module: Any, gives: str, embeddings: str | Forward | None, embeddings_before: str | None, forward: Forward | None, device: Any
    ) -> None:
        if not isinstance(module, torch.nn.Module):
            raise InvalidRequestError(f"module is a {type(module).__name__}; it must be a torch.nn.Module", field="module")
        if gives not in GIVES:
            raise InvalidRequestError(f"gives is {gives!r}; allowed are {', '.join(GIVES)}", field="gives")
        if embeddings is not None and embeddings_before is not None:
            raise InvalidRequestError("give embeddings or embeddings_before, not both", field="embeddings_before")
        self.module = module
        self.device = torch.device(device) if device is not None else _device_of(module)
        self._gives, self._forward = gives, forward or _called
        self._function = embeddings if callable(embeddings) else None
        self._before = embeddings_before is not None
        self._field = "embeddings_before" if self._before else "embeddings"
        name = embeddings_before if self._before else embeddings
        self._layer = _layer(module, name, self._field) if isinstance(name, str) else None
        self._name = name

    def output(self, inputs: Any) -> Any:
        """Return the output, (N, C)."""
        return self._matrix_of_output(self._forward(self.module, moved(inputs, self.device)))

    def both(self, inputs: Any) -> tuple[Any, dict[str, Any]]:
        """Return the output, and the embeddings as a field of the pool, out of one pass if they are a layer's."""
        inputs = moved(inputs, self.device)
        with self._watched() as seen:
            output = self._matrix_of_output(self._forward(self.module, inputs))
        if self._layer is not None:
            return output, self._embeddings(self._only(seen))
        if self._function is not None:
            return output, self._embeddings(self._function(self.module, inputs))
        return output, {}

    def features(self, inputs: Any) -> dict[str, Any]:
        """Return the embeddings alone."""
        if self._function is not None:
            return self._embeddings(self._function(self.module, moved(inputs, self.device)))
        return {} if self._layer is None else self.both(inputs)[1]

    @contextmanager
    def _watched(self) -> Iterator[list[Any]]:
        """Collect what the layer takes in or gives out."""
        seen: list[Any] = []
        if self._layer is None:
            yield seen
            return
        if self._before:
            hook = self._layer.register_forward_pre_hook(lambda _, given: seen.append(given[0] if given else None))
        else:
            hook = self._layer.register_forward_hook(lambda _, given, output: seen.append(output))  # noqa: ARG005 - as hooks are called
        try:
            yield seen
        finally:
            hook.remove()

    def _only(self, seen: list[Any]) -> Any:
        if len(seen) != 1:
            message = f"the layer {self._name!r} was called {len(seen)} times in a pass, where once is needed; pass a function instead"
            raise InvalidRequestError(message, field=self._field)
        return seen[0]

    def _embeddings(self, value: Any) -> dict[str, Any]:
        if isinstance(value, torch.Tensor) and value.ndim > 2 and value.shape[1] == value[:1].numel():
            value = value.flatten(1)  # what global pooling gives: (N, D, 1, 1)
        if not isinstance(value, torch.Tensor) or value.ndim != 2 or not value.is_floating_point():
            message = f"the embeddings are {described(value)}; they must be floats (rows, width): pass a function that makes them so"
            raise InvalidRequestError(message, field=self._field, reason="SHAPE_MISMATCH")
        return {"embeddings": value.cpu()}

    def _matrix_of_output(self, output: Any) -> Any:
        value = getattr(output, "logits", output)
        if not isinstance(value, torch.Tensor) or value.ndim not in (1, 2) or not value.is_floating_point():
            message = (
                f"the module gives {described(output)}; its output must be floats (rows, classes) or (rows,), or have them as logits: "
                "pass forward=, a function of module and inputs that returns them"
            )
            raise InvalidRequestError(message, field=self._gives, reason="SHAPE_MISMATCH")
        return (value[:, None] if value.ndim == 1 else value).cpu()


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Put a module into evaluation mode, and each of its layers back into its own after that."""
    modes = [(layer, layer.training) for layer in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for layer, training in modes:
            layer.training = training


def moved(value: Any, device: Any) -> Any:
    """Return inputs on a device; what has no `to` stays as it is. Copies out of pinned memory do not block."""
    if hasattr(value, "to"):
        return value.to(device, non_blocking=True)
    if isinstance(value, Mapping):
        return {name: moved(entry, device) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        make = getattr(value, "_make", type(value))  # named tuples take their entries one by one
        return make([moved(entry, device) for entry in value])
    return value


def described(value: Any) -> str:
    """Return what a value is, in words for an error."""
    if isinstance(value, torch.Tensor):
        return f"a tensor {list(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    return f"a {type(value).__name__}"


def _called(module: Any, inputs: Any) -> Any:
    return module(**inputs) if isinstance(inputs, dict) else module(inputs)


def _device_of(module: Any) -> Any:
    first = next(module.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _layer(module: Any, name: str, field: str) -> Any:
    named = dict(module.named_modules())
    named.pop("", None)
    if name in named:
        return named[name]
    near = difflib.get_close_matches(name, named, n=5, cutoff=0.4) or list(named)[-5:]
    raise InvalidRequestError(
        f"{type(module).__name__} has no layer {name!r}; did you mean one of {', '.join(near) or 'none: it has no layers'}?", field=field
    )
