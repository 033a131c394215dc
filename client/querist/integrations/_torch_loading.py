"""From what a loader yields to inputs and ids, and a dataset that makes ids travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, SequentialSampler

from querist._containers import to_ids
from querist.errors import InvalidRequestError
from querist.integrations._torch_view import described

Id = str | int


class WithIds:
    """A dataset whose rows carry their ids, so that they may be shuffled, bucketed and spread over processes; labels are left away.

    Of rows that are dicts it makes dicts with "ids", and of all others ``(inputs, id)``, where the inputs of a row that is a tuple are its
    first entry.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        With a length.
    ids : sequence of int or str, optional
        One for each row. Default: the row numbers; those of a `Subset` count in the subset.
    """

    def __init__(self, dataset: Any, ids: Sequence[Id] | None = None) -> None:
        self._dataset = dataset
        self._ids = range(len(dataset)) if ids is None else to_ids(ids)
        if len(self._ids) != len(dataset):
            raise InvalidRequestError(f"there are {len(self._ids)} ids for {len(dataset)} rows; there must be one each", field="ids")

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, row: int) -> Any:
        found, name = self._dataset[row], self._ids[row]
        if isinstance(found, Mapping):
            return {**found, "ids": name}
        return (found[0] if isinstance(found, (tuple, list)) else found), name


def read(loader: Iterable[Any]) -> Iterator[tuple[Any, list[Id] | None]]:
    """Give inputs and ids of each batch; None where the order of the loader says which rows they are.

    Raises
    ------
    InvalidRequestError
        If a batch is of no known form, ids repeat, or there are none and the loader does not keep the order.
    """
    seen: set[Id] = set()
    for batch in loader:
        inputs, given = _split(batch)
        if given is None:
            _check_order(loader)
            yield inputs, None
            continue
        ids = _plain(given)
        for name in ids:
            if name in seen:
                raise InvalidRequestError(
                    f"the id {name!r} comes twice; each row needs an id of its own. If the second entry of a batch is its labels, "
                    "WithIds(dataset) puts ids there",
                    field="ids",
                    reason="KEY_DUPLICATE",
                )
            seen.add(name)
        yield inputs, ids


def checked_ids(ids: list[Id], batch: Mapping[str, Any]) -> list[Id]:
    """Return the ids of a batch if there is one for each row that the module gave."""
    rows = next(value.shape[-2] for name, value in batch.items() if name != "embeddings")
    if rows != len(ids):
        raise InvalidRequestError(f"a batch has {len(ids)} ids and the module gave {rows} rows; there must be one each", field="ids")
    return ids


def _split(batch: Any) -> tuple[Any, Any]:
    if isinstance(batch, Mapping):
        inputs = dict(batch)
        return inputs, inputs.pop("ids", None)
    if not isinstance(batch, (tuple, list)):
        return batch, None
    if len(batch) == 1:
        return batch[0], None
    if len(batch) == 2:
        return batch[0], batch[1]
    raise InvalidRequestError(
        f"a batch is a {type(batch).__name__} of {len(batch)}; allowed are inputs, (inputs, ids), and dicts with ids: "
        "WithIds(dataset) makes such of any",
        field="loader",
    )


def _plain(given: Any) -> list[Id]:
    if isinstance(given, torch.Tensor):
        if given.ndim != 1 or given.is_floating_point() or given.dtype == torch.bool:
            raise InvalidRequestError(f"the ids of a batch are {described(given)}; they must be whole numbers, (rows,)", field="ids")
        return given.tolist()
    ids = to_ids(given)
    for name in ids:
        if isinstance(name, bool) or not isinstance(name, (str, int)):
            raise InvalidRequestError(f"an id is {name!r}; ids are strings or whole numbers", field="ids")
    return ids


def _check_order(loader: Any) -> None:
    """Refuse rows without ids if nothing says which rows they are."""
    if not isinstance(loader, DataLoader):
        return
    if isinstance(loader.dataset, IterableDataset):
        kept = loader.num_workers <= 1  # more take turns
    else:
        sampler = loader.sampler if loader.batch_sampler is None else getattr(loader.batch_sampler, "sampler", None)
        kept = type(sampler) is SequentialSampler and type(loader.batch_sampler) in (BatchSampler, type(None))
        kept = kept and getattr(loader, "in_order", True)
    if not kept:
        raise InvalidRequestError(
            "the loader does not keep the order of its dataset and its batches hold no ids, so nothing says which rows they are: "
            "load WithIds(dataset), or yield (inputs, ids)",
            field="loader",
        )
