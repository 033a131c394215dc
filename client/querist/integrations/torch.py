"""What PyTorch modules say of a pool, batch by batch, ready to be streamed. Needs ``querist[torch]``.

    pool = DataLoader(WithIds(images, names), batch_size=256, num_workers=4)
    batch = client.select(predictions(model, pool, embeddings_before="fc"), strategy="badge", count=100, timeout=None)
    batch.ids

Only the batch in hand is in memory, and the ids. What the functions give can be iterated again, as a client does when it tries again,
unless the loader is an iterator itself. A module is in evaluation mode only while a batch is computed; between batches, and after an error,
it is as it was. Models may take their time: a call has the client's 60 seconds if `timeout` does not say otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

try:
    import torch
except ImportError as error:
    raise ImportError("querist.integrations.torch needs PyTorch: pip install 'querist[torch]'") from error

from querist.errors import InvalidRequestError
from querist.integrations._torch_dropout import Masks
from querist.integrations._torch_loading import WithIds, checked_ids, read
from querist.integrations._torch_view import View, evaluating

__all__ = ["WithIds", "ensemble", "mc_dropout", "predictions"]

Batch = dict[str, Any]
Forward = Callable[[Any, Any], Any]
COMMITTEE = {"logits": "committee_logits", "probabilities": "committee"}


def predictions(
    module: Any,
    loader: Iterable[Any],
    *,
    gives: str = "logits",
    embeddings: str | Forward | None = None,
    embeddings_before: str | None = None,
    forward: Forward | None = None,
    device: Any = None,
    autocast: Any = None,
) -> Iterable[Batch]:
    """Give a module's predictions for what a loader yields, with embeddings if wanted.

    Parameters
    ----------
    module : torch.nn.Module
        Its output is a tensor (N, C) or (N,), or has one as `logits`.
    loader : iterable
        Yields inputs, ``(inputs, ids)``, or dicts, of which "ids" are ids and the rest are keyword arguments of the module. Ids may come in
        any order (see `WithIds`) and are in `Batch.ids`; without them the loader must keep the order, and `Batch.indices` count its rows.
    gives : {"logits", "probabilities"}
        What the module's output is; it is sent as it is.
    embeddings : str or callable, optional
        The name of a layer of which the output is taken, or a function of module and inputs, at the price of another pass.
    embeddings_before : str, optional
        The name of a layer of which the input is taken: with the last linear one these are the penultimate features.
    forward : callable, optional
        Function of module and inputs that returns the output, where the module cannot be called with the inputs as they are.
    device : torch.device or str, optional
        Where inputs go. Default: where the module's first parameter is. The module is not moved.
    autocast : torch.dtype, optional
        Compute in this type, such as ``torch.bfloat16``, where PyTorch deems that safe.

    Raises
    ------
    InvalidRequestError
        If there is no such layer; and, from `Client.select`, if outputs are no matrices, ids repeat, or rows without ids come shuffled.
    """
    view = View(module, gives, embeddings, embeddings_before, forward, device)

    def compute(inputs: Any) -> Batch:
        output, features = view.both(inputs)
        return {gives: output, **features}

    return _given([view], loader, compute, autocast)


def mc_dropout(
    module: Any,
    loader: Iterable[Any],
    *,
    passes: int = 10,
    seed: int = 0,
    gives: str = "logits",
    embeddings: str | Forward | None = None,
    embeddings_before: str | None = None,
    forward: Forward | None = None,
    device: Any = None,
    autocast: Any = None,
) -> Iterable[Batch]:
    """Give a committee out of one module: passes in which only dropout is random (Gal and Ghahramani, ICML 2016).

    Each pass has one set of masks for all rows, so that it is one network, as scores of whole batches assume (Kirsch et al., NeurIPS 2019),
    and what it says of a row depends neither on how rows are cut into batches nor on their order. Masks are drawn by generators of their
    own: PyTorch's global ones are left alone. Everything but dropout stays in evaluation mode; embeddings are those without dropout.

    Parameters
    ----------
    passes : int
        At least 2.
    seed : int
        Decides the masks.

    Raises
    ------
    InvalidRequestError
        If the module has no dropout layers above 0; and as for `predictions`, where the other parameters are described.
    """
    if passes < 2:
        raise InvalidRequestError(f"passes is {passes}; a committee has at least 2 members", field="passes")
    view = View(module, gives, embeddings, embeddings_before, forward, device)
    masks = Masks(module, seed)

    def compute(inputs: Any) -> Batch:
        features = view.features(inputs)
        members = []
        for number in range(passes):
            with masks.drawn(number):
                members.append(view.output(inputs))
        return {COMMITTEE[gives]: torch.stack(members), **features}

    return _given([view], loader, compute, autocast)


def ensemble(
    modules: Sequence[Any],
    loader: Iterable[Any],
    *,
    gives: str = "logits",
    embeddings: str | Forward | None = None,
    embeddings_before: str | None = None,
    forward: Forward | None = None,
    device: Any = None,
    autocast: Any = None,
) -> Iterable[Batch]:
    """Give a committee of several modules, which may be on different devices; embeddings come from the first.

    The parameters are those of `predictions`.

    Raises
    ------
    InvalidRequestError
        If there are fewer than two modules; and as for `predictions`.
    """
    if len(modules) < 2:
        raise InvalidRequestError(f"there are {len(modules)} modules; a committee has at least 2 members", field="modules")
    first = View(modules[0], gives, embeddings, embeddings_before, forward, device)
    others = [View(module, gives, None, None, forward, device) for module in modules[1:]]

    def compute(inputs: Any) -> Batch:
        output, features = first.both(inputs)
        members = [output, *(view.output(inputs) for view in others)]
        shapes = [list(member.shape) for member in members]
        if any(shape != shapes[0] for shape in shapes):
            raise InvalidRequestError(f"the modules give {shapes}; all must give the same shape", field="modules", reason="SHAPE_MISMATCH")
        return {COMMITTEE[gives]: torch.stack(members), **features}

    return _given([first, *others], loader, compute, autocast)


def _given(views: Sequence[View], loader: Iterable[Any], compute: Callable[[Any], Batch], autocast: Any) -> Iterable[Batch]:
    """Return the batches; as an iterator if the loader is one, which tells a client that they come only once."""
    batches = _Batches(views, loader, compute, autocast)
    return iter(batches) if hasattr(loader, "__next__") else batches


class _Batches:
    """Batches of pool fields; each iteration goes through the loader anew."""

    def __init__(self, views: Sequence[View], loader: Iterable[Any], compute: Callable[[Any], Batch], autocast: Any) -> None:
        self._views, self._loader, self._compute, self._autocast = views, loader, compute, autocast
        self._lock = threading.Lock()  # a client that tries again may start on another thread while its last attempt still computes

    def __iter__(self) -> Iterator[Batch]:
        for inputs, ids in read(self._loader):
            with self._lock:
                batch = self._computed(inputs)
            if ids is not None:
                batch["ids"] = checked_ids(ids, batch)
            yield batch

    def _computed(self, inputs: Any) -> Batch:
        with ExitStack() as stack:
            for view in self._views:
                stack.enter_context(evaluating(view.module))
            stack.enter_context(torch.inference_mode())
            if self._autocast is not None:
                for kind in sorted({view.device.type for view in self._views}):
                    stack.enter_context(torch.autocast(kind, self._autocast))
            return self._compute(inputs)
